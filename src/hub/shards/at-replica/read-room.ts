/** What may still be read: at most so many records, and no more bytes if there are several. */
export class ReadRoom {
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  #records = 0;
  #bytes = 0;
  #isFull = false;

  constructor(maxRecords: number, maxBytes: number) {
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return Math.round(this.#bytes);
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Takes the records of a run, as far as there is room. @returns the last that was taken */
  fill(from: number, to: number, bytesOf: (sequence: number) => number): number {
    for (let sequence = from; sequence <= to; sequence++) {
      const bytes = this.#bytes + bytesOf(sequence);
      this.#isFull =
        this.#records === this.#maxRecords || (this.#records > 0 && bytes > this.#maxBytes);
      if (this.#isFull) return sequence - 1;
      this.#records++;
      this.#bytes = bytes;
    }
    return to;
  }
}
