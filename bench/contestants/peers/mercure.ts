/** Mercure: server-sent events, published by a form. Its transport is `local` (no history) or `bolt` (a file). */
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MARK } from '../../load/protocol.ts';
import { frameTemplate } from '../carillon.ts';
import { freePort } from '../free-port.ts';
import { type Peer, type PeerKind, RETAINED_EVENTS } from './peer.ts';
import { moduleVersionOf, newFolder, programOf, startProgram, versionOf } from './programs.ts';

const NAME = 'Mercure';
const PROGRAM = 'mercure';
const MODULE = 'github.com/dunglas/mercure';
const HUB = '/.well-known/mercure';
const TOPIC = 'bench';
const KEY = 'a-key-of-the-bench-that-is-long-enough-for-hs256';
const BOLT = `transport bolt {
			path updates.db
			size ${RETAINED_EVENTS}
		}`;

export function mercure(): PeerKind {
  const program = programOf(PROGRAM);
  if (program === undefined) {
    return { name: NAME, peers: [], missing: `${PROGRAM} is not on the PATH` };
  }
  return {
    name: NAME,
    peers: [peerOf(NAME, program, 'transport local'), peerOf(`${NAME}, history`, program, BOLT)],
    version: `${moduleVersionOf(program, MODULE)}, Caddy ${versionOf(program, 'version').split(' ', 1)[0]}`,
  };
}

function peerOf(name: string, program: string, transport: string): Peer {
  return {
    name,
    start: async () => {
      const folder = newFolder();
      const port = await freePort();
      writeFileSync(join(folder, 'Caddyfile'), configOf(port, transport));
      const args = ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'];
      const server = await startProgram({ program, args, folder, port });
      // The stamp of an event is put into the finished form.
      const data = encodeURIComponent(frameTemplate().trimEnd());
      return {
        server,
        subscriber: { path: `${HUB}?topic=${TOPIC}`, headers: {}, isEventStream: true },
        publishing: {
          path: HUB,
          headers: {
            'Content-Type': 'application/x-www-form-urlencoded',
            Authorization: `Bearer ${publisherToken()}`,
          },
          template: `topic=${TOPIC}&data=${data.replace(encodeURIComponent(MARK), MARK)}`,
        },
      };
    },
  };
}

function configOf(port: number, transport: string): string {
  return `{
	admin off
	auto_https off
	persist_config off
	log {
		level ERROR
	}
}

http://127.0.0.1:${port} {
	mercure {
		${transport}
		publisher_jwt ${KEY}
		subscriber_jwt ${KEY}
		anonymous
	}
}
`;
}

function publisherToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ mercure: { publish: ['*'] } })}`;
  return `${signed}.${createHmac('sha256', KEY).update(signed).digest('base64url')}`;
}
