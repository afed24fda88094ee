/** The frames of a WebSocket client, with as little work as can be. */
import { randomBytes } from 'node:crypto';
import type { SocketSet } from './protocol.ts';

export const HEAD_END = '\r\n\r\n';
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;

/** The request of a subscriber: an upgrade, or one of server-sent events. */
export function handshakeOf(port: number, { path, headers, isEventStream }: SocketSet): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...(isEventStream
      ? ['Accept: text/event-stream']
      : [
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        ]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}${HEAD_END}`;
}

/** Where the payload of the first frame begins and ends; undefined while it is not all there. */
export function payloadOf(data: Buffer): { start: number; end: number } | undefined {
  if (data.length < 2) return undefined;
  const short = (data[1] ?? 0) & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < start) return undefined;
  const length =
    short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  return data.length < start + length ? undefined : { start, end: start + length };
}

export function isClose(data: Buffer): boolean {
  return ((data[0] ?? 0) & 0x0f) === CLOSE;
}

export function closeFrame(): Buffer {
  return maskedFrame(CLOSE, Buffer.from([0x03, 0xe8]));
}

export function textFrame(text: string): Buffer {
  return maskedFrame(TEXT, Buffer.from(text));
}

/** An acknowledgement of `carillon.v1`. */
export function ackOf(cursor: string, isBinary: boolean): Buffer {
  if (!isBinary) return textFrame(`{"type":"ack","cursor":"${cursor}"}`);
  const text = Buffer.from(cursor);
  // ClientMessage { ack = 1: Ack { cursor = 1 } }
  return maskedFrame(
    BINARY,
    Buffer.concat([Buffer.from([0x0a, text.length + 2, 0x0a, text.length]), text]),
  );
}

/** A frame of a client, of less than 64 KiB. The mask is zero: it hides nothing here. */
function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? [0x80 | opcode, 0x80 | length]
      : [0x80 | opcode, 0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}
