/**
 * A bucket that refills at a steady rate, up to what comes in a second. Who finds something in it may take more than
 * there is, and then everyone waits until that is paid back. So a request larger than the rate is possible, and the
 * average is the rate nevertheless.
 */
export class TokenBucket {
  #level: number;
  /** When the level was last computed. */
  #at: number;

  /** @param now Unix milliseconds. The bucket is full */
  constructor(now: number, perSecond: number) {
    this.#at = now;
    this.#level = perSecond;
  }

  /** What may be taken without debt; negative for a debt. */
  level(now: number, perSecond: number): number {
    const refill = (Math.max(now - this.#at, 0) / 1000) * perSecond;
    this.#at = now;
    this.#level = Math.min(this.#level + refill, perSecond);
    return this.#level;
  }

  /** Takes from a bucket that is not empty. @returns whether it did */
  take(amount: number, now: number, perSecond: number): boolean {
    if (this.level(now, perSecond) <= 0) return false;
    this.#level -= amount;
    return true;
  }
}
