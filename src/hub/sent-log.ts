/** What was last sent to all readers of a class alike: one log for all, whatever their number. */

interface Sent {
  readonly sequence: number;
  /** Of all that was ever sent. */
  readonly totalBytes: number;
}

export class SentLog {
  #sent: Sent[] = [];
  #totalBytes = 0;

  /** The sequence of the last; 0 where there is none. */
  get last(): number {
    return this.#sent.at(-1)?.sequence ?? 0;
  }

  /** @param kept how many are remembered at least */
  push(sequence: number, bytes: number, kept: number): void {
    this.#totalBytes += bytes;
    this.#sent.push({ sequence, totalBytes: this.#totalBytes });
    if (this.#sent.length > 2 * kept) this.#sent = this.#sent.slice(-kept);
  }

  /** How much was sent after a place; at least, where it is older than what is remembered. */
  after(sequence: number): { events: number; bytes: number } {
    let low = 0;
    let high = this.#sent.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sent[middle]?.sequence ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    // Of the oldest that is remembered, the bytes before it are not: it counts as none.
    const before = (this.#sent[low - 1] ?? this.#sent[low])?.totalBytes ?? this.#totalBytes;
    return { events: this.#sent.length - low, bytes: this.#totalBytes - before };
  }
}
