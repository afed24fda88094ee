/** Finds out that the other end of a connection is gone: by pings if the WebSocket can send them, else by silence. */
import { MAX_SILENCE_MS, PING_INTERVAL_MS } from './bounds.ts';
import type { Dialect } from './dialects.ts';
import { canPing, type PingingSocket, type Runtime, type WebSocketLike } from './runtime.ts';

export class Heartbeat {
  readonly #runtime: Runtime;
  readonly #dialect: Dialect;
  readonly #died: () => void;
  /** Whether there was a sign of life since the last ping. */
  #alive = true;
  #heardAt: number;
  #stopTimer: () => void = () => undefined;

  /** @param died called once nothing was heard for too long */
  constructor(runtime: Runtime, dialect: Dialect, died: () => void) {
    this.#runtime = runtime;
    this.#dialect = dialect;
    this.#died = died;
    this.#heardAt = runtime.now();
  }

  /** How long ago the last sign of life was. */
  get silenceMs(): number {
    return this.#runtime.now() - this.#heardAt;
  }

  start(socket: WebSocketLike): void {
    if (canPing(socket)) {
      socket.on('pong', () => this.heard());
      this.#awaitPong(socket);
    } else {
      this.#awaitSilence(MAX_SILENCE_MS * (1 - this.#runtime.random() / 2));
    }
  }

  stop(): void {
    this.#stopTimer();
  }

  heard(): void {
    this.#alive = true;
    this.#heardAt = this.#runtime.now();
  }

  /** Gives the other end time until the ping after the next: nobody has read what it sent. */
  excuse(): void {
    this.#alive = true;
  }

  #awaitPong(socket: PingingSocket): void {
    this.#stopTimer = this.#runtime.schedule(() => {
      // A paused socket reads nothing, no pong either.
      if (socket.isPaused !== true) {
        if (!this.#alive) return this.#died();
        this.#alive = false;
        socket.ping();
      }
      this.#awaitPong(socket);
    }, PING_INTERVAL_MS);
  }

  #awaitSilence(maxMs: number, waitMs = maxMs): void {
    this.#stopTimer = this.#runtime.schedule(() => {
      const left = maxMs - this.silenceMs;
      if (left <= 0 && this.#dialect.isWaiting()) return this.#died();
      this.#awaitSilence(maxMs, left > 0 ? left : maxMs);
    }, waitMs);
  }
}
