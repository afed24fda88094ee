/**
 * One WebSocket that speaks `carillon.v1`, from its opening to its end, which is told once: nothing of a
 * socket is heard after that, however long the platform takes to close it.
 */

import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import type { ClientMessage, ServerMessage } from '../wire/carillon-v1/messages.ts';
import { MAX_SILENCE_MS, PING_INTERVAL_MS } from './bounds.ts';
import {
  type CloseLike,
  canPing,
  type MessageLike,
  type PingingSocket,
  type Runtime,
  type WebSocketLike,
} from './runtime.ts';

export type Hello = Extract<ServerMessage, { type: 'hello' }>;
export type Goodbye = Extract<ServerMessage, { type: 'goodbye' }>;
/** What comes between the first message and the last. */
export type Delivery = Extract<ServerMessage, { type: 'events' | 'gap' }>;

export type End =
  /** It never opened. No platform says why. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'goodbye'; readonly goodbye: Goodbye }
  /** Closed without a goodbye; 1006 where the connection broke. */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  /** Nothing was heard for so long that the network may have vanished. */
  | { readonly kind: 'silent' }
  /** The server sent what is not of the protocol. */
  | { readonly kind: 'malformed'; readonly message: string };

export interface Listener {
  hello(hello: Hello): void;
  /**
   * @param size of the message, in characters or bytes
   * @returns what is wrong with it
   */
  delivered(delivery: Delivery, size: number): End | undefined;
  /** Whether silence is not of the program's own making. */
  isWaiting(): boolean;
  ended(end: End): void;
}

export class Connection {
  readonly #runtime: Runtime;
  readonly #codec: ClientCodec;
  readonly #listener: Listener;
  readonly #socket: WebSocketLike;
  #opened = false;
  #greeted = false;
  #ended = false;
  /** Runtime clock. */
  #heardAt: number;
  #stopTimer: () => void;

  /** @param timeoutMs until the first message */
  constructor(
    runtime: Runtime,
    { url, codec, timeoutMs }: { url: string; codec: ClientCodec; timeoutMs: number },
    listener: Listener,
  ) {
    this.#runtime = runtime;
    this.#codec = codec;
    this.#listener = listener;
    this.#heardAt = runtime.now();
    this.#stopTimer = runtime.schedule(() => this.#end({ kind: 'silent' }), timeoutMs);
    this.#socket = new runtime.WebSocket(url, [codec.subprotocol]);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('open', () => {
      this.#opened = true;
    });
    this.#socket.addEventListener('message', ({ data }: MessageLike) => this.#receive(data));
    // The close follows, and says as much. Without a listener `ws` would throw.
    this.#socket.addEventListener('error', () => undefined);
    this.#socket.addEventListener('close', ({ code, reason }: CloseLike) =>
      this.#end(this.#opened ? { kind: 'closed', code, reason } : { kind: 'refused' }),
    );
  }

  send(message: ClientMessage): void {
    if (!this.#ended) this.#socket.send(this.#codec.encode(message));
  }

  /** Closes it; its end is not told. */
  close(code: number = CLOSE_CODES.normal): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopTimer();
    this.#socket.close(code);
  }

  #end(end: End): void {
    if (this.#ended) return;
    this.close(end.kind === 'malformed' ? CLOSE_CODES.badMessage : CLOSE_CODES.normal);
    // It would be waited for: one does not answer any more, the other has nothing more to say.
    const isOver = end.kind === 'silent' || end.kind === 'goodbye';
    if (isOver && canPing(this.#socket)) this.#socket.terminate();
    this.#listener.ended(end);
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    this.#heardAt = this.#runtime.now();
    const end = this.#hear(data);
    if (end !== undefined) this.#end(end);
  }

  /** @returns what the message ends the connection with */
  #hear(data: unknown): End | undefined {
    if (typeof data !== 'string' && !(data instanceof ArrayBuffer)) {
      return malformed('a message that is neither text nor bytes');
    }
    const decoded = this.#codec.decode(data);
    if (!decoded.ok) return malformed(decoded.failure.message);
    const message = decoded.value;
    if (message.type === 'goodbye') return { kind: 'goodbye', goodbye: message };
    if (message.type === 'hello') {
      if (this.#greeted) return malformed('a second hello');
      this.#greet(message);
    } else {
      if (!this.#greeted) return malformed(`${message.type} before hello`);
      const size = typeof data === 'string' ? data.length : data.byteLength;
      return this.#listener.delivered(message, size);
    }
    return undefined;
  }

  #greet(hello: Hello): void {
    this.#greeted = true;
    this.#stopTimer();
    if (canPing(this.#socket)) this.#ping(this.#socket);
    else this.#awaitSilence(MAX_SILENCE_MS * (1 - this.#runtime.random() / 2));
    this.#listener.hello(hello);
  }

  /** A ping that is answered, or any message, is a sign of life. */
  #ping(socket: PingingSocket): void {
    let alive = true;
    socket.on('pong', () => {
      alive = true;
    });
    const beat = () => {
      const heard = this.#runtime.now() - this.#heardAt < PING_INTERVAL_MS;
      if (!alive && !heard) return this.#end({ kind: 'silent' });
      alive = false;
      socket.ping();
      this.#stopTimer = this.#runtime.schedule(beat, PING_INTERVAL_MS);
    };
    this.#stopTimer = this.#runtime.schedule(beat, PING_INTERVAL_MS);
  }

  #awaitSilence(maxMs: number, waitMs = maxMs): void {
    this.#stopTimer = this.#runtime.schedule(() => {
      const left = maxMs - (this.#runtime.now() - this.#heardAt);
      // To one who takes nothing the server sends nothing in the end.
      if (left <= 0 && this.#listener.isWaiting()) return this.#end({ kind: 'silent' });
      this.#awaitSilence(maxMs, left > 0 ? left : maxMs);
    }, waitMs);
  }
}

function malformed(message: string): End {
  return { kind: 'malformed', message };
}
