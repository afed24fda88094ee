/** How the hub of one event-type namespace ends. */

import type { AuthoritySync } from './authority-sync/authority-sync.ts';
import type { Teardown } from './composed-hub.ts';
import type { FanOut } from './delivery/fan-out.ts';
import { FEED_REQUESTS_KEY } from './feeds/at-hub/feed-targets.ts';
import { BEHIND_KEY, type OutgoingFeeds } from './feeds/at-hub/outgoing-feeds.ts';
import { REGISTERED_AT_KEY, type SelfRegistration } from './feeds/at-hub/self-registration.ts';
import { INCARNATION_KEY } from './incarnation.ts';
import type { Journal } from './journal/journal.ts';
import { ANNOUNCEMENTS_KEY } from './notices/announcements.ts';
import type { Notices } from './notices/notices.ts';
import { QUOTAS_KEY } from './quotas/known-quotas.ts';
import type { QuotaGate } from './quotas/quota-gate.ts';
import type { Returns } from './returns/returns.ts';
import type { FedReplicas } from './shards/at-parent/fed-replicas.ts';
import { CONFIRMED_KEY } from './shards/at-parent/replica-feeds.ts';
import { CROWD_KEY } from './subscribers/reconnect-spread.ts';
import { ROOT_MARKS_KEY } from './subscribers/root-marks.ts';

/** A released hub that had events keeps its other entries, so that no sequence and no time is given twice. */
const DELETED_KEYS = [
  FEED_REQUESTS_KEY,
  REGISTERED_AT_KEY,
  BEHIND_KEY,
  INCARNATION_KEY,
  CROWD_KEY,
  QUOTAS_KEY,
  ROOT_MARKS_KEY,
  CONFIRMED_KEY,
  ANNOUNCEMENTS_KEY,
];

interface TeardownParts {
  readonly ctx: DurableObjectState;
  readonly journal: Journal;
  readonly authoritySync: AuthoritySync;
  readonly fanOut: FanOut;
  readonly registration: SelfRegistration;
  readonly feeds: OutgoingFeeds;
  readonly replicas: FedReplicas;
  readonly notices: Notices;
  readonly quotaGate: QuotaGate;
  readonly returns: Returns;
}

export class HubTeardown implements Teardown {
  readonly #parts: TeardownParts;

  constructor(parts: TeardownParts) {
    this.#parts = parts;
  }

  get isDue(): boolean {
    const { journal, feeds, replicas, returns, notices } = this.#parts;
    const isNeeded = !journal.isEmpty || !feeds.isIdle || !replicas.isEmpty || !returns.areOver;
    return !isNeeded && notices.isIdle;
  }

  async leave(reason: 'idle' | 'emptied' | 'deleted'): Promise<void> {
    const why = reason === 'deleted' ? reason : 'idle';
    const { authoritySync, fanOut, registration, quotaGate, notices } = this.#parts;
    await authoritySync.unwatchAll(why);
    await fanOut.finished();
    await registration.leave(why);
    if (why === 'idle') await quotaGate.leave();
    else notices.end();
  }

  retainedEntries(): [string, unknown][] {
    const { ctx, journal } = this.#parts;
    if (journal.isUnused) return [];
    return [...ctx.storage.kv.list()].filter(([key]) => !DELETED_KEYS.includes(key));
  }
}
