/** What all `carillon.v1` subscribers of a class were sent last: one log for all of them. */
import { MAX_UNACKED_BYTES } from '../../wire/limits.ts';

export interface Amount {
  readonly events: number;
  readonly bytes: number;
}

export interface SentEvent {
  readonly sequence: number;
  readonly bytes: number;
}

interface LoggedEvent extends SentEvent {
  /** The bytes of all events that were ever sent, up to this one. */
  readonly totalBytes: number;
}

export class SentLog {
  #sent: LoggedEvent[] = [];
  /** The events before this index are not needed. They are deleted when they are half of all. */
  #first = 0;
  #totalBytes = 0;

  /** @param credit the largest of the subscribers: none is sent more without an acknowledgement */
  push(sequence: number, bytes: number, credit: number): void {
    this.#totalBytes += bytes;
    this.#sent.push({ sequence, bytes, totalBytes: this.#totalBytes });
    const excess = this.#totalBytes - MAX_UNACKED_BYTES;
    const fewest = this.#sent.length - credit;
    while (this.#first < fewest || (this.#sent[this.#first]?.totalBytes ?? excess) < excess) {
      this.#first++;
    }
    if (this.#first > this.#sent.length / 2) {
      this.#sent = this.#sent.slice(this.#first);
      this.#first = 0;
    }
  }

  /** How much was sent after a sequence, as far as the log goes back. */
  after(sequence: number): Amount {
    const first = this.#indexAfter(sequence);
    const { totalBytes = this.#totalBytes, bytes = 0 } = this.#sent[first] ?? {};
    return { events: this.#sent.length - first, bytes: this.#totalBytes - totalBytes + bytes };
  }

  /** What was sent after a sequence, as far as the log goes back. */
  listAfter(sequence: number): SentEvent[] {
    return this.#sent.slice(this.#indexAfter(sequence));
  }

  #indexAfter(sequence: number): number {
    let low = this.#first;
    let high = this.#sent.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sent[middle]?.sequence ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
