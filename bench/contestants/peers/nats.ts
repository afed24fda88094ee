/** NATS: subscribers over WebSocket, publishers by its own protocol. Its history is a stream of JetStream, in files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NatsSender } from '../../load/nats-sender.ts';
import { frameTemplate } from '../carillon.ts';
import { freePort } from '../free-port.ts';
import { type Peer, type PeerKind, RETAINED_EVENTS } from './peer.ts';
import { newFolder, programOf, startProgram, versionOf } from './programs.ts';

const NAME = 'NATS';
const PROGRAM = 'nats-server';
const SUBJECT = 'bench';
const CREATE_STREAM = `$JS.API.STREAM.CREATE.${SUBJECT}`;
const GREETING = `CONNECT {"verbose":false,"pedantic":false}\r\nSUB ${SUBJECT} 1\r\nPING\r\n`;

export function nats(): PeerKind {
  const program = programOf(PROGRAM);
  if (program === undefined) {
    return { name: NAME, peers: [], missing: `${PROGRAM} is not installed` };
  }
  return {
    name: NAME,
    peers: [peerOf(NAME, program, false), peerOf(`${NAME}, JetStream`, program, true)],
    version: versionOf(program, '--version').replace(/^\S+ /, ''),
  };
}

function peerOf(name: string, program: string, hasStream: boolean): Peer {
  return {
    name,
    start: async () => {
      const folder = newFolder();
      const [port, webSocketPort] = [await freePort(), await freePort()];
      writeFileSync(join(folder, 'nats.conf'), configOf(port, webSocketPort, hasStream));
      const args = ['--config', 'nats.conf'];
      const server = await startProgram({ program, args, folder, port: webSocketPort });
      if (hasStream) await createStream(port);
      return {
        server,
        subscriber: {
          path: '/',
          headers: {},
          greeting: { text: GREETING, answer: 'PONG' },
          isStream: true,
        },
        publishing: {
          port,
          path: '',
          headers: {},
          template: frameTemplate().trimEnd(),
          nats: { subject: SUBJECT, isAcknowledged: hasStream },
        },
      };
    },
  };
}

function configOf(port: number, webSocketPort: number, hasStream: boolean): string {
  return `host: "127.0.0.1"
port: ${port}
ping_interval: "1h"
websocket {
  host: "127.0.0.1"
  port: ${webSocketPort}
  no_tls: true
}
${hasStream ? 'jetstream { store_dir: "streams" }' : ''}
`;
}

async function createStream(port: number): Promise<void> {
  const stream = {
    name: SUBJECT,
    subjects: [SUBJECT],
    storage: 'file',
    retention: 'limits',
    discard: 'old',
    max_msgs: RETAINED_EVENTS,
  };
  const sender = new NatsSender(port, { subject: CREATE_STREAM, isAcknowledged: true });
  const failure = await sender.send(JSON.stringify(stream));
  sender.end();
  if (failure !== undefined) throw new Error(`NATS made no stream: ${failure}`);
}
