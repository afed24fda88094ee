/**
 * Throttles those that read the journal. Each reads a page in a turn of its own, so that a publisher waits for one page
 * and not for all that reconnect. What all read together is bounded, because a deploy makes all reconnect at once. Of
 * that, an owner may use no more than is left for the others.
 */

import { isWithinShare } from '../../lib/fair-share.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import { MAX_REPLAY_BYTES, REPLAY_BUDGET_BYTES, REPLAY_BYTES_PER_SECOND } from '../limits.ts';
import { SharedLeakyBucket } from './leaky-bucket.ts';

export class ReplayThrottle {
  readonly #budget: TurnBudget;
  #lastTurn: Promise<void> = Promise.resolve();
  /** Bytes that were read. */
  readonly #bucket = new SharedLeakyBucket(REPLAY_BYTES_PER_SECOND);

  constructor(budget: TurnBudget) {
    this.#budget = budget;
  }

  /**
   * Whether the hub can afford another reconnect of the owner.
   *
   * @param missed the bytes after its position
   */
  admit(owner: string, missed: number): boolean {
    const now = Date.now();
    const level = this.#bucket.level(now);
    const held = () => this.#bucket.partOf(owner);
    if (!isWithinShare(1, level, REPLAY_BUDGET_BYTES, held)) return false;
    this.#bucket.add(owner, Math.min(missed, MAX_REPLAY_BYTES), now);
    return true;
  }

  /** Counts what was read. */
  count(owner: string, bytes: number): void {
    this.#bucket.add(owner, bytes, Date.now());
  }

  /** Resolves when it is the caller's turn, in the order of the calls. */
  nextTurn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(() => this.#budget.nextTurn());
    return this.#lastTurn;
  }

  /** Waits until the hub can afford that the owner reads, and then for its turn. */
  async affordableTurn(owner: string): Promise<void> {
    for (;;) {
      const level = this.#bucket.level(Date.now());
      const held = this.#bucket.partOf(owner);
      if (held + level < REPLAY_BUDGET_BYTES) return this.nextTurn();
      // All parts drain in proportion, so at this level the owner holds no more than is left.
      const enough = (level * REPLAY_BUDGET_BYTES) / (held + level);
      await scheduler.wait(Math.ceil(((level - enough) / REPLAY_BYTES_PER_SECOND) * 1000) + 1);
    }
  }
}
