/** Centrifugo: its memory engine, JSON over WebSocket, published by its HTTP API. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { frameTemplate } from '../carillon.ts';
import { freePort } from '../free-port.ts';
import { type Peer, type PeerKind, RETAINED_EVENTS } from './peer.ts';
import { moduleVersionOf, newFolder, programOf, startProgram } from './programs.ts';

export const CENTRIFUGO = 'Centrifugo';
const PROGRAM = 'centrifugo';
const MODULE = 'github.com/centrifugal/centrifugo/v6';
const CHANNEL = 'bench';
const HISTORY = {
  history_size: RETAINED_EVENTS,
  history_ttl: '24h',
  force_recovery: true,
};

export function centrifugo(): PeerKind {
  const program = programOf(PROGRAM);
  if (program === undefined) {
    return { name: CENTRIFUGO, peers: [], missing: `${PROGRAM} is not on the PATH` };
  }
  return {
    name: CENTRIFUGO,
    peers: [peerOf(CENTRIFUGO, program, {}), peerOf(`${CENTRIFUGO}, history`, program, HISTORY)],
    version: moduleVersionOf(program, MODULE),
  };
}

function peerOf(name: string, program: string, history: object): Peer {
  return {
    name,
    start: async () => {
      const folder = newFolder();
      const port = await freePort();
      const config = {
        http_server: { address: '127.0.0.1', port },
        http_api: { insecure: true },
        log: { level: 'error' },
        client: { insecure: true, allowed_origins: ['*'], ping_interval: '1h' },
        channel: { without_namespace: { allow_subscribe_for_client: true, ...history } },
      };
      writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
      const args = ['--config', 'config.json'];
      const server = await startProgram({ program, args, folder, port });
      const commands = [
        { id: 1, connect: {} },
        { id: 2, subscribe: { channel: CHANNEL } },
      ];
      return {
        server,
        subscriber: {
          path: '/connection/websocket',
          headers: {},
          greeting: {
            text: commands.map((command) => JSON.stringify(command)).join('\n'),
            answer: '"subscribe":{',
          },
        },
        publishing: {
          path: '/api/publish',
          headers: { 'Content-Type': 'application/json' },
          template: `{"channel":"${CHANNEL}","data":${frameTemplate().trimEnd()}}`,
        },
      };
    },
  };
}
