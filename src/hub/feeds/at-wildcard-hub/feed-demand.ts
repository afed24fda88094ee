/** Which events a wildcard hub needs, and whether somebody may miss one that it does not get. */

import type { CursorCodec } from '../../journal/cursor-codec.ts';
import type { Journal } from '../../journal/journal.ts';
import type { FedReplicas } from '../../shards/at-parent/fed-replicas.ts';
import type { SubscriptionClasses } from '../../subscribers/subscription-classes.ts';
import type { RetainedSubscriptions } from './retained-subscriptions.ts';

interface FeedDemandParts {
  readonly classes: SubscriptionClasses;
  readonly retained: RetainedSubscriptions;
  readonly replicas: FedReplicas;
  readonly journal: Journal;
  readonly cursors: CursorCodec;
}

export class FeedDemand {
  readonly #parts: FeedDemandParts;

  constructor(parts: FeedDemandParts) {
    this.#parts = parts;
  }

  /** Whether a subscriber, here or in another region, or one that may reconnect, wants events of the hub. */
  wants(hub: string): boolean {
    const { classes, retained, replicas } = this.#parts;
    return (
      classes.wantsEventsOf(hub) ||
      replicas.wantEventsOf(hub) ||
      retained.wantsEventsOf(hub, Date.now())
    );
  }

  /** Whether somebody may have a position of this journal to resume from. */
  get hasPositions(): boolean {
    const { journal, cursors, replicas } = this.#parts;
    return journal.last > 0 || cursors.hasEncoded || !replicas.isEmpty;
  }
}
