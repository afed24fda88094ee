/**
 * One subscriber: a WebSocket client that reads what a server sends with as little work as can be, since
 * it must not be what is measured. It understands what the servers here send: unmasked, uncompressed,
 * unfragmented frames.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { MARK, MARK_PREFIX, type SocketSet } from './protocol.ts';

const READ_BYTES = 256 * 1024;
/** One for all: what was read is looked at before anything else is. */
const READ_BUFFER = Buffer.allocUnsafe(READ_BYTES);
const PREFIX = Buffer.from(MARK_PREFIX);
/** Of this release, and of those before it that it is compared with: how a cursor begins, and its bytes. */
const CURSORS = [
  { prefix: Buffer.from('cc2.'), bytes: 44 },
  { prefix: Buffer.from('cc1.'), bytes: 36 },
];
/** That the server begins with. */
const CREDIT = 256;
/** Half of what may be unacknowledged, whatever the credit. */
const ACK_EVERY_BYTES = 512 * 1024;
const HEAD_END = '\r\n\r\n';

/** Told of each event: its number, and its stamp in microseconds. */
export type Heard = (receiver: Receiver, sequence: number, stamp: number, now: number) => void;

export class Receiver {
  readonly expects: boolean;
  /** Events heard in this run. */
  position = 0;
  /** Whether the server has ended it. */
  closed = false;
  readonly #socket: Socket;
  readonly #heard: Heard;
  readonly #acknowledges: boolean;
  readonly #binary: boolean;
  /** Half of the credit, as the protocol advises. */
  readonly #ackEveryEvents: number;
  #rest: Buffer | undefined;
  #unackedEvents = 0;
  #unackedBytes = 0;

  private constructor(socket: Socket, set: SocketSet, heard: Heard) {
    this.#socket = socket;
    this.#heard = heard;
    this.expects = set.expects;
    this.#acknowledges = set.acknowledges;
    this.#binary = set.headers['Sec-WebSocket-Protocol'] === 'carillon.v1.proto';
    this.#ackEveryEvents = (set.credit ?? CREDIT) / 2;
    if (set.credit === undefined) return;
    const credit = `{"type":"credit","events":${set.credit}}`;
    socket.write(maskedFrame(0x1, Buffer.from(credit)));
  }

  /** Resolves once the server has accepted. */
  static open(port: number, set: SocketSet, heard: Heard): Promise<Receiver> {
    return new Promise((resolve, reject) => {
      let head = '';
      let receiver: Receiver | undefined;
      const onRead = (bytes: number) => {
        const chunk = READ_BUFFER.subarray(0, bytes);
        if (receiver !== undefined) {
          receiver.#take(chunk);
          return true;
        }
        head += chunk.toString('latin1');
        const end = head.indexOf(HEAD_END);
        if (end < 0) return true;
        if (!head.startsWith('HTTP/1.1 101')) {
          socket.destroy();
          reject(new Error(`a subscriber of ${set.path} was refused: ${head.slice(0, 500)}`));
          return false;
        }
        receiver = new Receiver(socket, set, heard);
        resolve(receiver);
        receiver.#take(Buffer.from(head.slice(end + HEAD_END.length), 'latin1'));
        return true;
      };
      const socket = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: { buffer: READ_BUFFER, callback: onRead },
      });
      socket.once('error', reject);
      socket.once('close', () => {
        if (receiver !== undefined) receiver.closed = true;
        reject(new Error(`a subscriber of ${set.path} was cut off: ${head}`));
      });
      socket.once('connect', () => socket.write(handshakeOf(port, set)));
    });
  }

  pause(paused: boolean): void {
    if (paused) this.#socket.pause();
    else this.#socket.resume();
  }

  /** Says goodbye in order; the server may then close. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.end(maskedFrame(0x8, Buffer.from([0x03, 0xe8])));
      if (this.closed) resolve();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    let data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    const now = performance.now() * 1000;
    for (;;) {
      const payload = payloadOf(data);
      if (payload === undefined) break;
      if (((data[0] ?? 0) & 0x0f) === 0x8) this.closed = true;
      else this.#read(data.subarray(payload.start, payload.end), now);
      data = data.subarray(payload.end);
    }
    // Copied: the buffer is read into again.
    if (data.length > 0) this.#rest = Buffer.from(data);
  }

  #read(message: Buffer, now: number): void {
    let events = 0;
    for (
      let at = message.indexOf(PREFIX);
      at >= 0;
      at = message.indexOf(PREFIX, at + MARK.length)
    ) {
      events++;
      this.#heard(this, numberAt(message, at + 2, 8), numberAt(message, at + 11, 15), now);
    }
    if (!this.#acknowledges || events === 0) return;
    this.#unackedEvents += events;
    this.#unackedBytes += message.length;
    if (this.#unackedEvents < this.#ackEveryEvents && this.#unackedBytes < ACK_EVERY_BYTES) return;
    this.#unackedEvents = 0;
    this.#unackedBytes = 0;
    this.#socket.write(ackOf(lastCursorOf(message), this.#binary));
  }
}

function lastCursorOf(message: Buffer): string {
  for (const { prefix, bytes } of CURSORS) {
    const at = message.lastIndexOf(prefix);
    if (at >= 0) return message.toString('latin1', at, at + bytes);
  }
  return '';
}

function handshakeOf(port: number, { path, headers }: SocketSet): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}${HEAD_END}`;
}

/** Where the payload of the first frame begins and ends; undefined while it is not all there. */
function payloadOf(data: Buffer): { start: number; end: number } | undefined {
  if (data.length < 2) return undefined;
  const short = (data[1] ?? 0) & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < start) return undefined;
  const length =
    short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  return data.length < start + length ? undefined : { start, end: start + length };
}

function numberAt(data: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) value = value * 10 + (data[i] ?? 0) - 48;
  return value;
}

function ackOf(cursor: string, binary: boolean): Buffer {
  if (!binary) return maskedFrame(0x1, Buffer.from(`{"type":"ack","cursor":"${cursor}"}`));
  const text = Buffer.from(cursor);
  // ClientMessage { ack = 1: Ack { cursor = 1 } }
  return maskedFrame(
    0x2,
    Buffer.concat([Buffer.from([0x0a, text.length + 2, 0x0a, text.length]), text]),
  );
}

/** A frame of a client, short enough for a length of seven bits. The mask is zero: it hides nothing here. */
function maskedFrame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
