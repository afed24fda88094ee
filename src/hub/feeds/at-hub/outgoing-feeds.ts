/**
 * Feeds the wildcard hubs that want the events of a hub. A feed is read from the journal, and each wildcard hub stores
 * how far it has it. So a call that failed, or whose answer was lost, is repeated without harm.
 */

import { logError } from '../../../lib/log.ts';
import type { HubCounts } from '../../../metrics/hub-metrics.ts';
import type { Alarms, AlarmTask } from '../../../objects/alarms.ts';
import type { FeedPage, FeedReceipt } from '../../../objects/hub-contract.ts';
import { MIN_JOB_BACKOFF_MS } from '../../../objects/limits.ts';
import { hubOfObject } from '../../../objects/names.ts';
import { callWildcardHub } from '../../../objects/stubs.ts';
import { withTimeout } from '../../../objects/with-timeout.ts';
import type { Journal } from '../../journal/journal.ts';
import {
  MAX_FEED_BACKOFF_MS,
  MAX_FEED_BYTES,
  MAX_FEED_EVENTS,
  MAX_FEED_WAIT_MS,
} from '../../limits.ts';
import { fedAs } from '../feed-format.ts';
import type { FeedTarget, FeedTargets } from './feed-targets.ts';
import type { SelfRegistration } from './self-registration.ts';

/** Stored while a wildcard hub lacks something. */
export const BEHIND_KEY = 'feeds_behind';

export class OutgoingFeeds implements AlarmTask {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #journal: Journal;
  readonly #alarms: Alarms;
  readonly #targets: FeedTargets;
  readonly #registration: SelfRegistration;
  readonly #counts: HubCounts;
  /** When those that lack something are fed again; Infinity if none does, undefined until it was looked up. */
  #retryAt: number | undefined;
  #backoffMs = MIN_JOB_BACKOFF_MS;

  constructor(
    ctx: DurableObjectState,
    env: Env,
    journal: Journal,
    alarms: Alarms,
    targets: FeedTargets,
    registration: SelfRegistration,
    counts: HubCounts,
  ) {
    this.#ctx = ctx;
    this.#env = env;
    this.#journal = journal;
    this.#alarms = alarms;
    this.#targets = targets;
    this.#registration = registration;
    this.#counts = counts;
  }

  /** Whether no wildcard hub lacks anything, and no feed is under way. */
  get isIdle(): boolean {
    return !this.#isBehind && !this.#targets.isFeeding;
  }

  /**
   * Feeds what the journal has to the wildcard hubs, and waits a limited time. An alarm, which is set when this returns,
   * feeds those that could not be reached.
   *
   * @param before the sequence up to which they probably have the journal
   */
  async feed(before: number): Promise<void> {
    const names = this.#targets.wanting();
    if (names.length === 0) return;
    // The alarm feeds those that are behind. No publisher waits for them again.
    if (this.#isBehind) {
      await this.#alarms.arm();
      return;
    }
    const { last } = this.#journal;
    const fed = Promise.all(names.map((name) => this.#feedThrough(name, last, before)));
    try {
      await withTimeout(MAX_FEED_WAIT_MS, fed);
    } catch (error) {
      logError('a wildcard hub was not fed and will be later', error);
      await this.#fallBehind();
    }
  }

  nextDue(): number {
    this.#retryAt ??=
      this.#ctx.storage.kv.get<boolean>(BEHIND_KEY) === true ? 0 : Number.POSITIVE_INFINITY;
    return this.#retryAt;
  }

  async run(now: number): Promise<void> {
    const { last } = this.#journal;
    try {
      await this.#registration.resume();
      await Promise.all(this.#targets.wanting().map((name) => this.#feedThrough(name, last, last)));
    } catch (error) {
      logError('a wildcard hub cannot be fed', error);
      this.#retryAt = now + this.#backoffMs;
      this.#backoffMs = Math.min(2 * this.#backoffMs, MAX_FEED_BACKOFF_MS);
      return;
    }
    this.#ctx.storage.kv.delete(BEHIND_KEY);
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#backoffMs = MIN_JOB_BACKOFF_MS;
    // Feed what was published during this feed.
    if (this.#journal.last > last) await this.feed(last);
  }

  /** Waits until a wildcard hub has everything up to a sequence, or wants it no longer. */
  async #feedThrough(name: string, through: number, before: number): Promise<void> {
    const target = this.#targets.of(name);
    while (this.#targets.wants(name) && (target.taken === undefined || target.taken < through)) {
      target.call ??= this.#feedPage(name, target, before).finally(() => {
        target.call = undefined;
      });
      await target.call;
    }
  }

  async #feedPage(name: string, target: FeedTarget, before: number): Promise<void> {
    const after = target.taken ?? before;
    const { epoch, trimmedThrough, restoredFrom } = this.#journal;
    const version = this.#targets.versionOf(name);
    const slices = this.#journal.readSlices(after, MAX_FEED_EVENTS, MAX_FEED_BYTES);
    const hub = hubOfObject(this.#ctx.id.name);
    const fed = fedAs(this.#targets.formatFor(name), slices);
    const page: FeedPage = { hub, epoch, trimmedThrough, after, version, restoredFrom, ...fed };
    const { taken, request } = await this.#send(name, page);
    if (request === undefined) return this.#registration.registerAgain(name);
    if (slices.length > 0 && taken === after) throw new Error(`${name} takes nothing`);
    this.#targets.accept(name, request);
    target.taken = taken;
  }

  async #send(name: string, page: FeedPage): Promise<FeedReceipt> {
    try {
      const receipt = await callWildcardHub(this.#env, name, (stub) => stub.receive(page));
      this.#counts.feedsTaken++;
      return receipt;
    } catch (error) {
      this.#counts.feedsFailed++;
      throw error;
    }
  }

  async #fallBehind(): Promise<void> {
    if (!this.#isBehind) {
      this.#ctx.storage.kv.put(BEHIND_KEY, true);
      this.#retryAt = Date.now() + this.#backoffMs;
    }
    await this.#alarms.arm();
  }

  get #isBehind(): boolean {
    return this.nextDue() !== Number.POSITIVE_INFINITY;
  }
}
