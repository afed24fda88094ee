/**
 * A server on this machine that answers webhooks as its path says, rightly and wrongly. No library would send most of these answers,
 * so it writes to the connection itself.
 */
import { createServer, type Socket } from 'node:net';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The origin of the server. */
    receivers: string;
  }
}

type Answer = (socket: Socket, request: { readonly head: string; readonly body: string }) => void;

const endWith =
  (text: string | Buffer): Answer =>
  (socket) =>
    socket.end(text);

const ANSWERS: Readonly<Record<string, Answer>> = {
  '/accepts': endWith('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
  '/empty': endWith('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'),
  '/gone': endWith('HTTP/1.1 410 Gone\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
  '/too-large': endWith('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
  '/busy': endWith(
    'HTTP/1.1 429 Busy\r\nConnection: close\r\nRetry-After: 30\r\nContent-Length: 4\r\n\r\nbusy',
  ),
  '/odd-wait': endWith(
    'HTTP/1.1 503 Busy\r\nConnection: close\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n',
  ),
  '/redirects': endWith(
    'HTTP/1.1 307 See\r\nConnection: close\r\nLocation: /accepts\r\nContent-Length: 0\r\n\r\n',
  ),
  '/early-hints': endWith(
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
  ),
  '/short': endWith('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nok'),
  '/short-failure': endWith(
    'HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 100\r\n\r\nbroken',
  ),
  '/long': endWith('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok and more'),
  '/bad-length': endWith('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: many\r\n\r\nok'),
  '/bad-header': endWith(
    Buffer.concat([
      Buffer.from('HTTP/1.1 500 No\r\nX-Bytes: '),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from('\r\nContent-Length: 2\r\n\r\nno'),
    ]),
  ),
  '/nul-header': endWith('HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n'),
  '/bad-status': endWith('HTTP/1.1 999999 Odd\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
  '/no-http': endWith('SSH-2.0-OpenSSH_9.9\r\n'),
  '/nothing': endWith(''),
  '/resets': (socket) => socket.resetAndDestroy(),
  '/hangs': () => undefined,
  '/hangs-after-status': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nok'),
  '/endless': (socket) => {
    socket.write('HTTP/1.1 500 No\r\n\r\n');
    const chunk = Buffer.alloc(64 * 1024, 'a');
    const write = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', write);
    write();
  },
  '/echoes': (socket, { head, body }) => {
    const text = JSON.stringify({ head, body });
    socket.end(
      `HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
  },
};

export default async function setup({ provide }: TestProject): Promise<() => void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let received = '';
    socket.on('data', (data) => {
      received += data.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      const length = Number(/^content-length: (\d+)/im.exec(received)?.[1] ?? 0);
      if (end === -1 || received.length < end + 4 + length) return;
      const request = { head: received.slice(0, end), body: received.slice(end + 4) };
      received = '';
      const path = / (\S+) /.exec(request.head)?.[1] ?? '';
      ANSWERS[path]?.(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  provide('receivers', `http://127.0.0.1:${address.port}`);
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}
