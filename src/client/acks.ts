/**
 * Acknowledges on one connection what the program has done with: several places with one message, and soon
 * enough that the server goes on sending to a program that goes on taking.
 */
import { ACK_DELAY_MS, ACK_SIZE } from './bounds.ts';
import type { Runtime } from './runtime.ts';

export class Acks {
  readonly #runtime: Runtime;
  readonly #acknowledge: (cursor: string) => void;
  /** Events after which an acknowledgement waits no longer: the other half is under way meanwhile. */
  readonly #maxEvents: number;
  #cursor: string | undefined;
  #events = 0;
  #size = 0;
  #stopped = false;
  #stopTimer: () => void = () => undefined;

  constructor(runtime: Runtime, credit: number, acknowledge: (cursor: string) => void) {
    this.#runtime = runtime;
    this.#acknowledge = acknowledge;
    this.#maxEvents = Math.max(1, Math.floor(credit / 2));
  }

  /** @param size of the message that it came with, or its share of it */
  done(cursor: string, size: number): void {
    if (this.#stopped) return;
    const first = this.#cursor === undefined;
    this.#cursor = cursor;
    this.#events++;
    this.#size += size;
    if (this.#events >= this.#maxEvents || this.#size >= ACK_SIZE) this.#flush();
    else if (first) this.#stopTimer = this.#runtime.schedule(() => this.#flush(), ACK_DELAY_MS);
  }

  /** The connection has ended: its places mean nothing to another. */
  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
  }

  #flush(): void {
    this.#stopTimer();
    const cursor = this.#cursor;
    this.#cursor = undefined;
    this.#events = 0;
    this.#size = 0;
    if (cursor !== undefined) this.#acknowledge(cursor);
  }
}
