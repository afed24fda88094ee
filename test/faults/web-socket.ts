/** A connection that is a WebSocket. */
import { type ClientOptions, WebSocket } from 'ws';
import type { Connection, Listener, Request } from './connection.ts';

const HANDSHAKE_MS = 10_000;
/** The server may leave a connection open for seconds after its Close frame. */
const CLOSE_MS = 100;

export function openWebSocket(
  port: number,
  { path, headers }: Request,
  protocols: string[],
  listener: Listener,
): Connection {
  const options: ClientOptions & { closeTimeout: number } = {
    headers,
    handshakeTimeout: HANDSHAKE_MS,
    closeTimeout: CLOSE_MS,
    perMessageDeflate: false,
  };
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options);
  socket.on('upgrade', ({ headers }) => {
    socket.on('open', () => listener.opened(headers));
  });
  socket.on('message', (data) => listener.message(data as Buffer));
  socket.on('pong', () => listener.heard());
  socket.on('unexpected-response', (_request, response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => {
      listener.refused(response.statusCode ?? 0, text);
      socket.terminate();
    });
  });
  socket.on('error', () => undefined);
  socket.on('close', () => listener.ended(false));
  return {
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    ping: () => socket.ping(),
    send: (data) => socket.send(data),
    close: () => socket.close(1000),
    destroy: () => socket.terminate(),
  };
}
