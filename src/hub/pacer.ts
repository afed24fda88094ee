/**
 * Turns for those who read the past. However many do so at a time, one of them reads one page, and then the
 * hub sees to what else has come: so publishing waits for a page, not for all who come back. And what they
 * read together is bounded, because a deploy sends everybody back at once.
 */
import { MAX_REPLAY_BYTES, REPLAY_BUDGET_BYTES, REPLAY_BYTES_PER_SECOND } from '../limits.ts';
import type { Row } from './journal.ts';

export class Pacer {
  #last: Promise<void> = Promise.resolve();
  /** Bytes that were read and have not yet drained off, at a time. */
  #level = 0;
  #at = 0;

  /**
   * Whether the hub can afford another who comes back.
   *
   * @param missed bytes that there are after its place
   */
  admit(missed: number): boolean {
    if (this.#drained() >= REPLAY_BUDGET_BYTES) return false;
    this.#level += Math.min(missed, MAX_REPLAY_BYTES);
    return true;
  }

  /** Counts what was read. */
  count(rows: readonly Row[]): void {
    this.#level += rows.reduce((sum, { json }) => sum + (json?.length ?? 0), 0);
  }

  /** Resolves when it is the caller's turn, in the order of the calls. */
  turn(): Promise<void> {
    this.#last = this.#last.then(() => scheduler.wait(0));
    return this.#last;
  }

  /** The same for one who can wait, until the hub can afford it. */
  async affordableTurn(): Promise<void> {
    for (;;) {
      const excess = this.#drained() - REPLAY_BUDGET_BYTES;
      if (excess < 0) return this.turn();
      await scheduler.wait(Math.ceil((excess / REPLAY_BYTES_PER_SECOND) * 1000) + 1);
    }
  }

  #drained(): number {
    const now = Date.now();
    const drained = (Math.max(now - this.#at, 0) / 1000) * REPLAY_BYTES_PER_SECOND;
    this.#level = Math.max(this.#level - drained, 0);
    this.#at = now;
    return this.#level;
  }
}
