/**
 * What several owners have used of something that comes back with time: one vessel that drains at a steady
 * rate, of which each owner's part falls in proportion.
 */

/** Below this part of their first value, the units are taken for too small, and all parts are written in new ones. */
const MIN_UNIT = 1e-6;

export class Levels {
  readonly #perSecond: number;
  #total = 0;
  #at = 0;
  /** What each owner has, in units. */
  readonly #parts = new Map<string, number>();
  /** All parts fall by one multiplication. */
  #unit = 1;

  /** @param perSecond what drains off */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @param now in Unix milliseconds */
  total(now: number): number {
    const drained = (Math.max(now - this.#at, 0) / 1000) * this.#perSecond;
    this.#at = now;
    const before = this.#total;
    this.#total = Math.max(before - drained, 0);
    if (this.#total === 0) {
      this.#parts.clear();
      this.#unit = 1;
    } else {
      this.#unit *= this.#total / before;
      if (this.#unit < MIN_UNIT) this.#renew();
    }
    return this.#total;
  }

  /** What one owner has, as of the last look at the total. */
  of(owner: string): number {
    return (this.#parts.get(owner) ?? 0) * this.#unit;
  }

  add(owner: string, amount: number, now: number): void {
    if (amount <= 0) return;
    this.total(now);
    this.#total += amount;
    this.#parts.set(owner, (this.#parts.get(owner) ?? 0) + amount / this.#unit);
  }

  /** Owners of next to nothing are forgotten. */
  #renew(): void {
    for (const [owner, part] of this.#parts) {
      const amount = part * this.#unit;
      if (amount < 1) this.#parts.delete(owner);
      else this.#parts.set(owner, amount);
    }
    this.#unit = 1;
  }
}
