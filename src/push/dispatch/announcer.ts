/**
 * Tells hubs what the destinations of this Vault namespace want. The wildcard hub is told first: it passes it on to hubs that
 * register later, and knows those that are there. So a hub is told by one of the two, whichever comes second.
 *
 * Each hub that a destination may want has an announcement that is at least as new as the last write of that destination. If
 * destinations want less, a hub that is not told harms nobody, so that is done afterwards, and repeated by alarm.
 */

import { logError } from '../../lib/log.ts';
import type { Alarms, AlarmTask } from '../../objects/alarms.ts';
import type { Announcement } from '../../objects/announcement.ts';
import { callEach, isMethodMissing } from '../../objects/call.ts';
import type { FeedPosition } from '../../objects/hub-contract.ts';
import { jobBackoffMs } from '../../objects/job-backoff.ts';
import { parseHubName, wildcardHubName } from '../../objects/names.ts';
import { isNamespaceDeleted } from '../../objects/namespace-end.ts';
import { callHub, callWildcardHub } from '../../objects/stubs.ts';
import {
  covers,
  type Interest,
  interestIn,
  isSameInterest,
  matcherOf,
  type Wanted,
} from '../../subscription/interest.ts';
import type { DispatcherLifecycle } from './lifecycle.ts';
import { MAX_REPEAT_BACKOFF_MS } from './limits.ts';

const ANNOUNCEMENT_KEY = 'announcement';

interface StoredAnnouncement extends Announcement {
  /** What is not wanted any more, and hubs were not told of that. */
  readonly owed: Interest;
}

interface AnnouncerParts {
  readonly env: Env;
  readonly ctx: DurableObjectState;
  /** The key of the Vault namespace. */
  readonly namespace: string;
  readonly lifecycle: DispatcherLifecycle;
  readonly alarms: Alarms;
}

export class Announcer implements AlarmTask {
  readonly #parts: AnnouncerParts;
  /** When what is owed is told; Infinity while that is under way. */
  #dueAt = 0;
  #attempts = 0;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  get announcement(): Announcement {
    const { version, interest } = this.#stored;
    return { version, interest };
  }

  /** Stores what destinations want now. Hubs that are not wanted any more are told afterwards. */
  set(wanted: Iterable<Wanted>): void {
    const { ctx, alarms } = this.#parts;
    const interest = interestIn(wanted);
    const before = this.#stored;
    if (isSameInterest(interest, before.interest)) return;
    const version = Math.max(before.version + 1, Date.now());
    const givenUp = before.interest.filter((each) => !covers(interest, each));
    const owed = interestIn([...before.owed, ...givenUp]);
    ctx.storage.kv.put<StoredAnnouncement>(ANNOUNCEMENT_KEY, { version, interest, owed });
    this.#dueAt = Math.min(this.#dueAt, Date.now());
    alarms.arm();
  }

  /**
   * Tells the wildcard hub, and the hubs that may have what is wanted.
   *
   * @returns where their journals ended
   * @throws if one cannot be told
   */
  async reach(wanted: Wanted): Promise<Record<string, FeedPosition>> {
    const { announcement } = this;
    const hubs = await this.#hubsOf([wanted], announcement);
    const ends = await callEach(hubs, async (hub) => [hub, await this.#tell(hub, announcement)]);
    return Object.fromEntries(ends.filter(([, end]) => end !== undefined));
  }

  nextDue(): number {
    return this.#stored.owed.length === 0 ? Number.POSITIVE_INFINITY : this.#dueAt;
  }

  /** Tells the hubs of what is not wanted any more. */
  async run(): Promise<void> {
    const { ctx, lifecycle, alarms } = this.#parts;
    const { owed, ...announcement } = this.#stored;
    this.#dueAt = Number.POSITIVE_INFINITY;
    try {
      const hubs = await this.#hubsOf(owed, announcement);
      await callEach(hubs, (hub) => this.#tellIfItKnows(hub, announcement));
      if (!lifecycle.isOpen) return;
      this.#attempts = 0;
      this.#dueAt = Date.now();
      const now = this.#stored;
      // If less is wanted meanwhile, all is told again.
      if (now.version !== announcement.version) return;
      ctx.storage.kv.put<StoredAnnouncement>(ANNOUNCEMENT_KEY, { ...now, owed: [] });
    } catch (error) {
      if (!lifecycle.isOpen) return;
      logError('hubs could not be told that destinations want less, to be tried again', error);
      this.#dueAt = Date.now() + jobBackoffMs(this.#attempts++, MAX_REPEAT_BACKOFF_MS);
    } finally {
      if (lifecycle.isOpen) alarms.arm();
    }
  }

  async #hubsOf(interest: Interest, announcement: Announcement): Promise<string[]> {
    const { env, namespace } = this.#parts;
    const wildcardHub = wildcardHubName(namespace);
    const hubs = await callWildcardHub(env, wildcardHub, (hub) => hub.announce(announcement));
    const matcher = matcherOf(interest, parseHubName(wildcardHub));
    return hubs.filter((hub) => matcher.mayCoverHub(parseHubName(hub)));
  }

  async #tell(hub: string, announcement: Announcement): Promise<FeedPosition | undefined> {
    const { env, namespace } = this.#parts;
    try {
      return await callHub(env, hub, (stub) => stub.announce(namespace, announcement));
    } catch (error) {
      // One of a namespace below that is being deleted has no events any more.
      if (isNamespaceDeleted(error)) return undefined;
      throw error;
    }
  }

  async #tellIfItKnows(hub: string, announcement: Announcement): Promise<void> {
    try {
      await this.#tell(hub, announcement);
    } catch (error) {
      // Release 0.2 was never told anything.
      if (!isMethodMissing(error)) throw error;
    }
  }

  get #stored(): StoredAnnouncement {
    const { ctx } = this.#parts;
    const stored = ctx.storage.kv.get<StoredAnnouncement>(ANNOUNCEMENT_KEY);
    return stored ?? { version: 0, interest: [], owed: [] };
  }
}
