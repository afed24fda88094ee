/**
 * Acknowledges on one connection the items that the program has processed: many items with one message, and early
 * enough that the server keeps sending. Items after the last acknowledgement stay unacknowledged: to the server
 * they are on their way.
 */
import { MAX_UNACKED_SIZE, UNACKED_SHARE } from './bounds.ts';

export class Acks {
  readonly #acknowledge: (cursor: string) => void;
  readonly #maxEvents: number;
  #events = 0;
  #size = 0;

  constructor(credit: number, acknowledge: (cursor: string) => void) {
    this.#acknowledge = acknowledge;
    this.#maxEvents = Math.max(1, Math.floor(credit / UNACKED_SHARE));
  }

  /**
   * @param size of the message of the item, or the item's share of it
   * @param isAsked whether the server waits for the acknowledgement
   */
  done(cursor: string, size: number, isAsked: boolean): void {
    this.#events++;
    this.#size += size;
    if (!isAsked && this.#events < this.#maxEvents && this.#size < MAX_UNACKED_SIZE) return;
    this.#events = 0;
    this.#size = 0;
    this.#acknowledge(cursor);
  }
}
