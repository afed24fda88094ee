/**
 * Turns for those who read the past. However many do so at a time, one of them reads one page, and then the
 * hub sees to what else has come: so publishing waits for a page, not for all who come back. And what they
 * read together is bounded, because a deploy sends everybody back at once; of that, one owner may use no more
 * than is left.
 */

import { isWithinShare } from '../../lib/fair-share.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { StoredRecord } from '../journal/record.ts';
import { MAX_REPLAY_BYTES, REPLAY_BUDGET_BYTES, REPLAY_BYTES_PER_SECOND } from '../limits.ts';
import { Levels } from './levels.ts';

export class Pacer {
  readonly #budget: TurnBudget;
  #last: Promise<void> = Promise.resolve();
  /** Bytes that were read and have not yet drained off. */
  readonly #levels = new Levels(REPLAY_BYTES_PER_SECOND);

  constructor(budget: TurnBudget) {
    this.#budget = budget;
  }

  /**
   * Whether the hub can afford another reconnect of the owner.
   *
   * @param missed bytes that there are after its place
   */
  admit(owner: string, missed: number): boolean {
    const now = Date.now();
    const level = this.#levels.total(now);
    if (!isWithinShare(1, level, REPLAY_BUDGET_BYTES, () => this.#levels.of(owner))) return false;
    this.#levels.add(owner, Math.min(missed, MAX_REPLAY_BYTES), now);
    return true;
  }

  /** Counts what was read. */
  count(owner: string, rows: readonly StoredRecord[]): void {
    const bytes = rows.reduce((sum, { json }) => sum + (json?.length ?? 0), 0);
    this.#levels.add(owner, bytes, Date.now());
  }

  /** Resolves when it is the caller's turn, in the order of the calls. */
  turn(): Promise<void> {
    this.#last = this.#last.then(() => this.#budget.turn());
    return this.#last;
  }

  /** The same for one who can wait, until the hub can afford it. */
  async affordableTurn(owner: string): Promise<void> {
    for (;;) {
      const level = this.#levels.total(Date.now());
      const held = this.#levels.of(owner);
      if (held + level < REPLAY_BUDGET_BYTES) return this.turn();
      // All levels fall in proportion, so at this one the owner has no more than is left.
      const enough = (level * REPLAY_BUDGET_BYTES) / (held + level);
      await scheduler.wait(Math.ceil(((level - enough) / REPLAY_BYTES_PER_SECOND) * 1000) + 1);
    }
  }
}
