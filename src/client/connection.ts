/**
 * The WebSocket of a subscription until its end, in either dialect. Nothing of the socket is heard after the end,
 * however long the platform takes to close it.
 */
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import { HEARTBEAT } from '../wire/carillon-v1/heartbeat.ts';
import { MAX_SILENCE_MS, MAX_TIMER_DELAY_MS, PING_INTERVAL_MS } from './bounds.ts';
import { type Dialect, malformed } from './dialects.ts';
import type { End } from './end.ts';
import {
  type CloseLike,
  canPing,
  type MessageLike,
  type Runtime,
  type WebSocketLike,
} from './runtime.ts';

export class Connection {
  readonly ended: Promise<End>;
  readonly #runtime: Runtime;
  readonly #socket: WebSocketLike;
  readonly #dialect: Dialect;
  #resolve: (end: End) => void = () => undefined;
  #stopTimer: () => void = () => undefined;
  #hasBegun = false;
  #hasEnded = false;
  /** Pings or heartbeats since the last sign of life. */
  #unanswered = 0;
  #heardAt: number;

  /** @param socket that is open, or opening */
  constructor(runtime: Runtime, socket: WebSocketLike, dialect: Dialect) {
    this.#runtime = runtime;
    this.#socket = socket;
    this.#dialect = dialect;
    this.#heardAt = runtime.now();
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
    return this.#runtime.now() - this.#heardAt;
  }

  /** Closes the connection for a reason of this side. */
  leave(reason: string): void {
    this.#end({ kind: 'left', reason });
  }

  get isPaused(): boolean {
    return canPing(this.#socket) && this.#socket.isPaused === true;
  }

  /** Stops reading, if the WebSocket can. */
  pause(): void {
    if (canPing(this.#socket)) this.#socket.pause?.();
  }

  resume(): void {
    // A pong may have arrived that nobody has read.
    this.#unanswered = 0;
    if (canPing(this.#socket)) this.#socket.resume?.();
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#stopTimer();
    const socket = this.#socket;
    if (canPing(socket)) {
      socket.on('pong', () => this.#hear());
      this.#ping(() => socket.ping());
    } else if (this.#dialect.hasHeartbeats()) {
      this.#ping(() => socket.send(HEARTBEAT));
    } else {
      this.#awaitSilence(MAX_SILENCE_MS * (1 - this.#runtime.random() / 2));
    }
  }

  #end(end: End): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stopTimer();
    this.#socket.close(end.kind === 'malformed' ? CLOSE_CODES.badMessage : CLOSE_CODES.normal);
    // Closing waits for the other end, which does not answer any more, or has nothing more to say.
    const isOver = end.kind === 'silent' || end.kind === 'no_hello' || end.kind === 'goodbye';
    if (isOver && canPing(this.#socket)) this.#socket.terminate();
    this.#resolve(end);
  }

  #receive(data: unknown): void {
    if (this.#hasEnded) return;
    const isRefusedHeartbeat = this.#unanswered > 0 && !canPing(this.#socket);
    this.#hear();
    if (data === HEARTBEAT && this.#dialect.hasHeartbeats()) return;
    const end =
      typeof data === 'string' || data instanceof ArrayBuffer
        ? this.#dialect.receive(data, (message) => this.#send(message))
        : malformed('a message that is neither text nor bytes');
    if (end === undefined) {
      if (!this.#hasBegun) this.#begin();
    } else if (isRefusedHeartbeat && isProtocolError(end)) {
      // The release before was deployed again, which answers none.
      this.#end({ kind: 'silent' });
    } else {
      this.#end(end);
    }
  }

  #send(data: string | Uint8Array<ArrayBuffer>): void {
    if (!this.#hasEnded) this.#socket.send(data);
  }

  #hear(): void {
    this.#unanswered = 0;
    this.#heardAt = this.#runtime.now();
  }

  /**
   * Pings again and again. A paused socket reads no answer.
   *
   * A timer that rings late does not show that an answer is missing: a program that was suspended, or busy, may not have
   * read it yet. So one more ping decides. Browsers let a timer of a hidden page ring once a minute, but deliver its
   * messages at once. There is one timer, and not another one for the answer, because each would take a minute there.
   */
  #ping(ping: () => void): void {
    const waitMs = PING_INTERVAL_MS * (0.75 + this.#runtime.random() / 2);
    const dueAt = this.#runtime.now() + waitMs;
    this.#stopTimer = this.#runtime.schedule(() => {
      if (!this.isPaused) {
        const isLate = this.#runtime.now() > dueAt + MAX_TIMER_DELAY_MS;
        if (this.#unanswered > (isLate ? 1 : 0)) return this.#end({ kind: 'silent' });
        this.#unanswered++;
        ping();
      }
      this.#ping(ping);
    }, waitMs);
  }

  #awaitSilence(maxMs: number, waitMs = maxMs): void {
    this.#stopTimer = this.#runtime.schedule(() => {
      const left = maxMs - this.silenceMs;
      if (left <= 0 && this.#dialect.isWaiting()) return this.#end({ kind: 'silent' });
      this.#awaitSilence(maxMs, left > 0 ? left : maxMs);
    }, waitMs);
  }
}

function isProtocolError(end: End): boolean {
  return end.kind === 'goodbye' && end.goodbye.reason === 'protocol_error';
}
