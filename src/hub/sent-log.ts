/** What was last sent to all readers of a class alike: one log for all, whatever their number. */

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
  #totalBytes = 0;

  /** @param kept how many are remembered at least */
  push(sequence: number, bytes: number, kept: number): void {
    this.#totalBytes += bytes;
    this.#sent.push({ sequence, bytes, totalBytes: this.#totalBytes });
    if (this.#sent.length > 2 * kept) this.#sent = this.#sent.slice(-kept);
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
    let low = 0;
    let high = this.#sent.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sent[middle]?.sequence ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
