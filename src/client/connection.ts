/**
 * The WebSocket of a subscription until its end, in either dialect. Nothing of the socket is heard after the end,
 * however long the platform takes to close it.
 */
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import { type Dialect, malformed } from './dialects.ts';
import type { End } from './end.ts';
import { Heartbeat } from './heartbeat.ts';
import {
  type CloseLike,
  canPing,
  type MessageLike,
  type Runtime,
  type WebSocketLike,
} from './runtime.ts';

export class Connection {
  readonly ended: Promise<End>;
  readonly #socket: WebSocketLike;
  readonly #dialect: Dialect;
  readonly #heartbeat: Heartbeat;
  #stopTimer: () => void = () => undefined;
  #hasBegun = false;
  #hasEnded = false;
  #resolve: (end: End) => void = () => undefined;

  /** @param socket that is open, or opening */
  constructor(runtime: Runtime, socket: WebSocketLike, dialect: Dialect) {
    this.#socket = socket;
    this.#dialect = dialect;
    this.#heartbeat = new Heartbeat(runtime, dialect, () => this.#end({ kind: 'silent' }));
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }: MessageLike) => this.#receive(data));
    // A close follows each error, and says as much. Without a listener `ws` would throw.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code, reason }: CloseLike) =>
      this.#end({ kind: 'closed', code, reason }),
    );
    const { helloTimeoutMs } = dialect;
    if (helloTimeoutMs === undefined) this.#begin();
    else this.#stopTimer = runtime.schedule(() => this.#end({ kind: 'no_hello' }), helloTimeoutMs);
  }

  /** How long ago the last sign of life of the server was. */
  get silenceMs(): number {
    return this.#heartbeat.silenceMs;
  }

  /** Closes the connection for a reason of this side. */
  leave(reason: string): void {
    this.#end({ kind: 'left', reason });
  }

  get isPaused(): boolean {
    return canPing(this.#socket) && this.#socket.isPaused === true;
  }

  /** Reads no more, where the WebSocket can do without. */
  pause(): void {
    if (canPing(this.#socket)) this.#socket.pause?.();
  }

  resume(): void {
    this.#heartbeat.excuse();
    if (canPing(this.#socket)) this.#socket.resume?.();
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#stopTimer();
    this.#heartbeat.start(this.#socket);
  }

  #end(end: End): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stopTimer();
    this.#heartbeat.stop();
    this.#socket.close(end.kind === 'malformed' ? CLOSE_CODES.badMessage : CLOSE_CODES.normal);
    // Closing waits for the other end, which does not answer any more, or has nothing more to say.
    const isOver = end.kind === 'silent' || end.kind === 'no_hello' || end.kind === 'goodbye';
    if (isOver && canPing(this.#socket)) this.#socket.terminate();
    this.#resolve(end);
  }

  #receive(data: unknown): void {
    if (this.#hasEnded) return;
    this.#heartbeat.heard();
    if (!this.#hasBegun) this.#begin();
    const end = this.#read(data);
    if (end !== undefined) this.#end(end);
  }

  #read(data: unknown): End | undefined {
    return typeof data === 'string' || data instanceof ArrayBuffer
      ? this.#dialect.receive(data, (message) => this.#send(message))
      : malformed('a message that is neither text nor bytes');
  }

  #send(data: string | Uint8Array<ArrayBuffer>): void {
    if (!this.#hasEnded) this.#socket.send(data);
  }
}
