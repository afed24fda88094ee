/** nchan: a module of nginx, which is one process here. Its history is a buffer of messages in shared memory. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { frameTemplate } from '../carillon.ts';
import { freePort } from '../free-port.ts';
import { type Peer, type PeerKind, RETAINED_EVENTS } from './peer.ts';
import { newFolder, programOf, startProgram, versionOf } from './programs.ts';

const NAME = 'nchan';
const PROGRAM = 'nginx';
/** Where Debian's package puts it. */
const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so';

export function nchan(): PeerKind {
  const program = programOf(PROGRAM);
  if (program === undefined || !existsSync(MODULE)) {
    return { name: NAME, peers: [], missing: `${PROGRAM} is not installed, or has no ${MODULE}` };
  }
  return {
    name: NAME,
    peers: [peerOf(NAME, program, 0), peerOf(`${NAME}, buffer`, program, RETAINED_EVENTS)],
    version: `of ${versionOf(program, '-v').replace(/^.*: /, '')}`,
  };
}

function peerOf(name: string, program: string, bufferedMessages: number): Peer {
  return {
    name,
    start: async () => {
      const folder = newFolder();
      const port = await freePort();
      writeFileSync(join(folder, 'nginx.conf'), configOf(folder, port, bufferedMessages));
      const args = ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'];
      const server = await startProgram({ program, args, folder, port });
      return {
        server,
        subscriber: { path: '/subscribe', headers: {} },
        publishing: {
          path: '/publish',
          headers: { 'Content-Type': 'application/json' },
          template: frameTemplate().trimEnd(),
        },
      };
    },
  };
}

function configOf(folder: string, port: number, bufferedMessages: number): string {
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `load_module ${MODULE};
daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events {
  worker_connections 4096;
}
http {
  access_log off;
  keepalive_requests 1000000000;
  nchan_shared_memory_size 512M;
  ${bodies.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location = /publish {
      nchan_publisher http;
      nchan_channel_id bench;
      nchan_message_buffer_length ${bufferedMessages};
      nchan_message_timeout 24h;
    }
    location = /subscribe {
      nchan_subscriber websocket;
      nchan_channel_id bench;
      nchan_subscriber_first_message newest;
    }
  }
}
`;
}
