/**
 * Confirm first, store last: a region head feeds a page to its shards, and stores it when all of them have it. So what it has
 * stored, its shards have, and what it had not stored when it was lost it is fed again.
 */

import type { FeedPosition } from '../../../objects/hub-contract.ts';
import { MAX_FEED_WAIT_MS } from '../../limits.ts';
import type { HeadAdmissions } from '../admission/head-admissions.ts';
import type { ReplicaFeeds } from '../at-parent/replica-feeds.ts';
import type { PageKeeper, TakenPage } from './page-keeper.ts';
import type { PageWindow } from './page-window.ts';
import type { ReplicaJournal } from './replica-journal.ts';

interface HeadKeeperParts {
  readonly journal: ReplicaJournal;
  readonly window: PageWindow;
  readonly feeds: ReplicaFeeds;
  readonly admissions: HeadAdmissions;
}

export class HeadKeeper implements PageKeeper {
  readonly #parts: HeadKeeperParts;
  #position: FeedPosition | undefined;
  /** Resolves when the page before is stored. */
  #last: Promise<void> = Promise.resolve();

  constructor(parts: HeadKeeperParts) {
    this.#parts = parts;
    this.#position = parts.journal.position;
  }

  get position(): FeedPosition | undefined {
    return this.#position;
  }

  keep(taken: TakenPage): Promise<void> {
    const { journal, window, feeds } = this.#parts;
    const { page, interest, before, delivered } = taken;
    this.#rebase(taken);
    const fed = feeds.feedThrough(before, page.through, MAX_FEED_WAIT_MS);
    const kept = Promise.all([this.#last, delivered, fed]).then(() => {
      window.append(page, journal.completeAfter, interest);
      // A page may be late.
      this.#position = { epoch: page.journal.epoch, taken: Math.max(page.through, before) };
    });
    this.#last = kept.catch(() => undefined);
    return kept;
  }

  /** If the journal has begun again: the shards learn it at once, and what stock clients missed is counted from there. */
  #rebase({ page, epochBefore }: TakenPage): void {
    if (epochBefore === undefined) return;
    const { feeds, admissions } = this.#parts;
    const { restoredFrom } = page.journal;
    admissions.rebase(restoredFrom?.epoch === epochBefore ? restoredFrom.taken : 0);
    feeds.renew();
  }
}
