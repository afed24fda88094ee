/**
 * Acknowledges on one connection what the program has done with: many items with one message, and soon
 * enough that the server goes on sending to a program that goes on taking. What is left over when nothing
 * more comes is not acknowledged: the server needs to know of it no more than of what is under way.
 */
import { MAX_UNACKED_SIZE, UNACKED_SHARE } from './bounds.ts';

export class Acks {
  readonly #acknowledge: (cursor: string) => void;
  readonly #maxEvents: number;
  #events = 0;
  #size = 0;
  #stopped = false;

  constructor(credit: number, acknowledge: (cursor: string) => void) {
    this.#acknowledge = acknowledge;
    this.#maxEvents = Math.max(1, Math.floor(credit / UNACKED_SHARE));
  }

  /** @param size of the message that it came with, or its share of it */
  done(cursor: string, size: number): void {
    if (this.#stopped) return;
    this.#events++;
    this.#size += size;
    if (this.#events < this.#maxEvents && this.#size < MAX_UNACKED_SIZE) return;
    this.#events = 0;
    this.#size = 0;
    this.#acknowledge(cursor);
  }

  /** The connection has ended: its places mean nothing to another. */
  stop(): void {
    this.#stopped = true;
  }
}
