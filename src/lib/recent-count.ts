/** Counts what happened within about the last second. */

const SECOND_MS = 1000;

export class RecentCount {
  /** Of the present second and of the one before. */
  #second = 0;
  #count = 0;
  #countBefore = 0;

  /** Counts one more. @param now Unix milliseconds */
  add(now: number): void {
    this.#turn(now);
    this.#count++;
  }

  at(now: number): number {
    this.#turn(now);
    const left = 1 - (now % SECOND_MS) / SECOND_MS;
    return this.#count + this.#countBefore * left;
  }

  #turn(now: number): void {
    const second = Math.floor(now / SECOND_MS);
    if (second === this.#second) return;
    this.#countBefore = second === this.#second + 1 ? this.#count : 0;
    this.#count = 0;
    this.#second = second;
  }
}
