/**
 * Places of which there are so many: counted once, then raised with each that is taken, and counted anew
 * when none seems to be left. So neither coming nor leaving costs more where there are many.
 */
export class Places {
  readonly #places: number;
  readonly #count: () => number;
  /** Those taken, or more. */
  #taken: number | undefined;

  constructor(places: number, count: () => number) {
    this.#places = places;
    this.#count = count;
  }

  take(): boolean {
    if (this.#taken === undefined || this.#taken >= this.#places) this.#taken = this.#count();
    if (this.#taken >= this.#places) return false;
    this.#taken++;
    return true;
  }
}
