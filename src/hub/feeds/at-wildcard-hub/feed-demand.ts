/** Which events a wildcard hub needs, and whether somebody may miss one that it does not get. */

import type { CursorCodec } from '../../journal/cursor-codec.ts';
import type { Journal } from '../../journal/journal.ts';
import type { SubscriptionClasses } from '../../subscribers/subscription-classes.ts';
import type { RetainedSubscriptions } from './retained-subscriptions.ts';

export class FeedDemand {
  readonly #classes: SubscriptionClasses;
  readonly #retained: RetainedSubscriptions;
  readonly #journal: Journal;
  readonly #cursors: CursorCodec;

  constructor(
    classes: SubscriptionClasses,
    retained: RetainedSubscriptions,
    journal: Journal,
    cursors: CursorCodec,
  ) {
    this.#classes = classes;
    this.#retained = retained;
    this.#journal = journal;
    this.#cursors = cursors;
  }

  /** Whether a subscriber, or one that may reconnect, wants events of the hub. */
  wants(hub: string): boolean {
    return this.#classes.wantsEventsOf(hub) || this.#retained.wantsEventsOf(hub, Date.now());
  }

  /** Whether somebody may have a position of this journal to resume from. */
  get hasPositions(): boolean {
    return this.#journal.last > 0 || this.#cursors.hasEncoded;
  }
}
