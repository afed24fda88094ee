/**
 * One subscriber: a WebSocket client that reads what a server sends with as little work as can be, since
 * it must not be what is measured. It understands what the servers here send: unmasked, uncompressed,
 * unfragmented frames, or server-sent events.
 */
import { connect, type Socket } from 'node:net';
import { MAX_UNACKED_SIZE, UNACKED_SHARE } from '../../src/client/bounds.ts';
import { clientJsonCodec } from '../../src/wire/carillon-v1/client-json.ts';
import { clientProtobufCodec } from '../../src/wire/carillon-v1/client-protobuf.ts';
import { MARK, MARK_PREFIX, type SocketSet } from './protocol.ts';
import {
  ackOf,
  closeFrame,
  HEAD_END,
  handshakeOf,
  isClose,
  payloadOf,
  textFrame,
} from './websocket.ts';

const READ_BYTES = 256 * 1024;
/** One for all: what was read is looked at before anything else is. */
const READ_BUFFER = Buffer.allocUnsafe(READ_BYTES);
const PREFIX = Buffer.from(MARK_PREFIX);
/** Of this release, and of those before it that it is compared with: how a cursor begins, and its bytes. */
const CURSORS = [
  { prefix: Buffer.from('cc2.'), bytes: 44 },
  { prefix: Buffer.from('cc1.'), bytes: 36 },
];
const ASKED = Buffer.from('],"acknowledge":true}');

/** Told of each event: its number, and its stamp in microseconds. */
export type Heard = (receiver: Receiver, sequence: number, stamp: number, now: number) => void;

export class Receiver {
  readonly expects: boolean;
  /** Events heard in this run. */
  position = 0;
  /** Whether the server has ended it. */
  closed = false;
  /** Resolves when the server has accepted, and has answered the greeting. */
  readonly ready: Promise<void>;
  readonly #socket: Socket;
  readonly #heard: Heard;
  readonly #acknowledges: boolean;
  readonly #binary: boolean;
  readonly #isEventStream: boolean;
  /** The end of what was read of a stream, in which an event may begin. */
  #tail: Buffer | undefined;
  /** Looks for the answer to the greeting. */
  #answered: ((message: Buffer) => void) | undefined;
  /** A part of the credit, as with the client. Undefined until the server has said hello. */
  #ackEveryEvents: number | undefined;
  #rest: Buffer | undefined;
  #unackedEvents = 0;
  #unackedBytes = 0;

  private constructor(socket: Socket, set: SocketSet, heard: Heard) {
    this.#socket = socket;
    this.#heard = heard;
    this.expects = set.expects;
    this.#acknowledges = set.acknowledges;
    this.#binary = set.headers['Sec-WebSocket-Protocol'] === 'carillon.v1.proto';
    this.#isEventStream = set.isEventStream ?? false;
    if (set.isStream || set.isEventStream) this.#tail = Buffer.alloc(0);
    if (set.credit !== undefined) {
      this.#ackEveryEvents = set.credit / UNACKED_SHARE;
      socket.write(textFrame(`{"type":"credit","events":${set.credit}}`));
    }
    const { greeting } = set;
    this.ready = new Promise((resolve) => {
      if (greeting === undefined) return resolve();
      this.#answered = (message) => {
        if (!message.includes(greeting.answer)) return;
        this.#answered = undefined;
        resolve();
      };
      socket.write(textFrame(greeting.text));
    });
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
        if (!head.startsWith(`HTTP/1.1 ${set.isEventStream ? 200 : 101}`)) {
          socket.destroy();
          reject(new Error(`a subscriber of ${set.path} was refused: ${head.slice(0, 500)}`));
          return false;
        }
        receiver = new Receiver(socket, set, heard);
        const opened = receiver;
        opened.ready.then(() => resolve(opened));
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
      if (this.#isEventStream) this.#socket.end();
      else this.#socket.end(closeFrame());
      if (this.closed) resolve();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const now = performance.now() * 1000;
    if (this.#isEventStream) {
      this.#read(chunk, now);
      return;
    }
    let data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    for (;;) {
      const payload = payloadOf(data);
      if (payload === undefined) break;
      if (isClose(data)) this.closed = true;
      else this.#read(data.subarray(payload.start, payload.end), now);
      data = data.subarray(payload.end);
    }
    // Copied: the buffer is read into again.
    if (data.length > 0) this.#rest = Buffer.from(data);
  }

  #read(chunk: Buffer, now: number): void {
    this.#answered?.(chunk);
    const message = this.#tail === undefined ? chunk : Buffer.concat([this.#tail, chunk]);
    let events = 0;
    let end = 0;
    for (;;) {
      const at = message.indexOf(PREFIX, end);
      if (at < 0 || at + MARK.length > message.length) break;
      events++;
      end = at + MARK.length;
      this.#heard(this, numberAt(message, at + 2, 8), numberAt(message, at + 11, 15), now);
    }
    if (this.#tail !== undefined) {
      this.#tail = Buffer.from(message.subarray(Math.max(end, message.length - MARK.length + 1)));
    }
    if (!this.#acknowledges) return;
    this.#ackEveryEvents ??= creditIn(message, this.#binary) / UNACKED_SHARE;
    if (events === 0) return;
    this.#unackedEvents += events;
    this.#unackedBytes += message.length;
    const isDue =
      this.#unackedEvents >= this.#ackEveryEvents || this.#unackedBytes >= MAX_UNACKED_SIZE;
    if (!isDue && !isAckAsked(message, this.#binary)) return;
    this.#unackedEvents = 0;
    this.#unackedBytes = 0;
    this.#socket.write(ackOf(lastCursorOf(message), this.#binary));
  }
}

/** The credit that the hello offers. It is the first message. */
function creditIn(message: Buffer, isBinary: boolean): number {
  const codec = isBinary ? clientProtobufCodec : clientJsonCodec;
  const decoded = codec.decode(isBinary ? new Uint8Array(message) : message.toString());
  if (decoded.ok && decoded.value.type === 'hello') return decoded.value.credit;
  throw new Error('a carillon.v1 subscriber was not greeted');
}

/** Whether the server asks for an acknowledgement: that is the last member of the message. */
function isAckAsked(message: Buffer, isBinary: boolean): boolean {
  return isBinary
    ? message.at(-2) === 0x10 && message.at(-1) === 1
    : message.subarray(-ASKED.length).equals(ASKED);
}

function lastCursorOf(message: Buffer): string {
  for (const { prefix, bytes } of CURSORS) {
    const at = message.lastIndexOf(prefix);
    if (at >= 0) return message.toString('latin1', at, at + bytes);
  }
  return '';
}

function numberAt(data: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) value = value * 10 + (data[i] ?? 0) - 48;
  return value;
}
