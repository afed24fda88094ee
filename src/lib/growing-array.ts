/** A list of unsigned numbers of 32 bits that grows, in one buffer. */
export class GrowingArray {
  readonly #maxCapacity: number;
  #buffer: Uint32Array;
  #length = 0;

  /** @param maxCapacity up to which the buffer is doubled; beyond, it is as long as the list */
  constructor(capacity = 64, maxCapacity = Number.POSITIVE_INFINITY) {
    this.#buffer = new Uint32Array(capacity);
    this.#maxCapacity = maxCapacity;
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes of the buffer. */
  get byteLength(): number {
    return this.#buffer.byteLength;
  }

  /** The values, until the list changes. */
  get values(): Uint32Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Adds room for values, for the caller to write. @returns the buffer, in which the room begins at the old length */
  extend(count: number): Uint32Array {
    const length = this.#length + count;
    if (length > this.#buffer.length) {
      const larger = new Uint32Array(
        Math.max(length, Math.min(2 * this.#buffer.length, this.#maxCapacity)),
      );
      larger.set(this.values);
      this.#buffer = larger;
    }
    this.#length = length;
    return this.#buffer;
  }

  append(values: Uint32Array): void {
    const at = this.#length;
    this.extend(values.length).set(values, at);
  }
}
