/** What was last sent to all readers of a class alike: one log for all, whatever their number. */
import { MAX_UNACKED_BYTES } from '../../wire/limits.ts';

/** An event that was sent. */
export interface Sent {
  readonly sequence: number;
  readonly bytes: number;
}

interface Logged extends Sent {
  /** Of all that was ever sent. */
  readonly totalBytes: number;
}

export class SentLog {
  #sent: Logged[] = [];
  /** Those before are not needed any more, and go when they are as many as those that are. */
  #first = 0;
  #totalBytes = 0;

  /** @param credit the largest that a reader of the class has: nobody is sent more without an acknowledgement */
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

  /** How much was sent after a place, as far as it is remembered. */
  after(sequence: number): { events: number; bytes: number } {
    const first = this.#indexAfter(sequence);
    const { totalBytes = this.#totalBytes, bytes = 0 } = this.#sent[first] ?? {};
    return { events: this.#sent.length - first, bytes: this.#totalBytes - totalBytes + bytes };
  }

  /** What was sent after a place, as far as it is remembered. */
  listAfter(sequence: number): Sent[] {
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
