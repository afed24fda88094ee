/** A leaky bucket that several owners share. It drains at a steady rate, and the part of each owner in proportion. */

/** A unit below this is too small for the precision of a number, and all parts are written in a new one. */
const MIN_UNIT = 1e-6;

export class SharedLeakyBucket {
  readonly #drainPerSecond: number;
  #level = 0;
  /** When the level was last computed. */
  #at = 0;
  /** The part of each owner, in units. */
  readonly #parts = new Map<string, number>();
  /** One multiplication of this drains all parts. */
  #unit = 1;

  constructor(drainPerSecond: number) {
    this.#drainPerSecond = drainPerSecond;
  }

  /** @param now Unix milliseconds */
  level(now: number): number {
    const drained = (Math.max(now - this.#at, 0) / 1000) * this.#drainPerSecond;
    this.#at = now;
    const before = this.#level;
    this.#level = Math.max(before - drained, 0);
    if (this.#level === 0) {
      this.#parts.clear();
      this.#unit = 1;
    } else {
      this.#unit *= this.#level / before;
      if (this.#unit < MIN_UNIT) this.#renewUnit();
    }
    return this.#level;
  }

  /** The part of an owner, as of the last level. */
  partOf(owner: string): number {
    return (this.#parts.get(owner) ?? 0) * this.#unit;
  }

  add(owner: string, amount: number, now: number): void {
    if (amount <= 0) return;
    this.level(now);
    this.#level += amount;
    this.#parts.set(owner, (this.#parts.get(owner) ?? 0) + amount / this.#unit);
  }

  /** Parts that have become tiny are deleted. */
  #renewUnit(): void {
    for (const [owner, part] of this.#parts) {
      const amount = part * this.#unit;
      if (amount < 1) this.#parts.delete(owner);
      else this.#parts.set(owner, amount);
    }
    this.#unit = 1;
  }
}
