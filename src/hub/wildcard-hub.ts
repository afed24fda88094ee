/**
 * The wildcard hub of one Vault namespace: it holds the subscribers whose subscription spans hubs (`*`,
 * `kv*`, or namespaces below), and is the registry of the hubs that feed it.
 *
 * A hub registers before the acknowledgement of its first event and learns whether it is gathered from. A
 * subscriber gets its 101 only when every registered hub that its pattern can touch has confirmed to
 * feed. Both are written down here first, so whichever comes second finds the other.
 *
 * Every word to a hub has a version of its own, and the hub heeds the highest it has heard. While a
 * handshake is under way its class is wanted, so no word after the one that it waits for says no.
 * Which words have arrived is known only from a hub's confirmation of exactly the last one.
 */

import { ok, type Result } from '../lib/result.ts';
import { ROOT } from '../namespace/namespace.ts';
import { diagnosed } from '../objects/diagnosis.ts';
import type {
  Backfill,
  FeedPage,
  FeedReceipt,
  FeedRequest,
  Registration,
  RegistrationRefusal,
  Unregistration,
} from '../objects/hub-contract.ts';
import { parseHubName } from '../objects/hub-name.ts';
import { MAX_CONCURRENT_CALLS, MAX_HUBS } from '../objects/limits.ts';
import { callAuthorityFromHub, callHub, hubStub } from '../objects/stubs.ts';
import type { Matcher } from '../subscription/matcher.ts';
import { MAX_FRAME_BYTES } from '../wire/limits.ts';
import { Feeders } from './feeds/feeders.ts';
import { Interests } from './feeds/interests.ts';
import { Registry } from './feeds/registry.ts';
import { Reviews } from './feeds/reviews.ts';
import { decodeRecord, gapRecord, type NewRecord, type StoredRecord } from './journal/record.ts';
import { MAX_BACKFILL_BYTES, MAX_BACKFILL_EVENTS } from './limits.ts';
import { SubscriberHub } from './subscriber-hub.ts';
import type { Refused } from './subscribers/handshakes.ts';

/** What became of a page. */
interface Taken {
  readonly taken: number;
  /** Resolves when the subscribers were sent it; undefined where they have been. */
  readonly delivered: Promise<void> | undefined;
}

/** The past of a hub that has heard a word. */
interface Heard {
  readonly hub: string;
  readonly version: number;
  readonly history: Backfill;
}

export class GatheringPart extends SubscriberHub {
  readonly #namespaceKey: string;
  readonly #registry: Registry;
  readonly #feeders: Feeders;
  readonly #interests: Interests;
  /** Hubs whose past is being fetched. */
  readonly #backfills = new Map<string, Promise<void>>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#namespaceKey = parseHubName(ctx.id.name).namespaceKey;
    this.#feeders = new Feeders(ctx.storage.sql);
    this.#interests = new Interests(ctx.storage.sql, this.journal.maxAgeMs);
    this.needs.prepare = (matcher) => this.#startFeedsFor(matcher);
    this.needs.forgotten = (subscription) => this.#interests.add(subscription, Date.now());
    this.#registry = new Registry(ctx.storage.sql, this.#namespaceKey);
    const reviews = new Reviews(
      this.#registry,
      (hub) => callHub(env, hub, (stub) => stub.isNeeded()),
      (hub) => this.unregister(hub),
    );
    this.alarms.add(reviews);
    if (reviews.nextDue() === 0) this.needs.arm();
  }

  /** Whether it was asked for, and there is nothing to keep and no place that somebody may come back to. */
  get isIdle(): boolean {
    const isEmpty = this.journal.isUnused && this.#registry.isEmpty && this.#interests.isEmpty;
    return isEmpty && !this.#isInUse;
  }

  kept(): [string, unknown][] {
    return [];
  }

  async register(
    hub: string,
    { publisher, journalEnd, isRenewal = false }: Registration,
  ): Promise<Result<FeedRequest, RegistrationRefusal>> {
    const isOwn = this.#registry.isOwn(hub);
    if (isOwn && !this.#registry.has(hub) && !(await this.#lives())) {
      throw new Error('the namespace was deleted');
    }
    const isLost = isRenewal && !this.#registry.has(hub);
    if (isOwn && !this.#registry.has(hub)) {
      const refusal = this.#registry.refusal(publisher);
      if (refusal !== undefined) return { ok: false, failure: refusal };
    }
    // What it had before, its end in the registry has dealt with.
    if (journalEnd !== undefined && !this.#registry.has(hub)) this.#feeders.put(hub, journalEnd);
    const isWanted = this.#isWanted(hub);
    // While nothing was known of it, subscribers may have missed what it took.
    if (isLost && isWanted) this.#noteGap(hub);
    return ok(
      isRenewal && !isLost
        ? this.#registry.tell(hub, isWanted)
        : this.#registry.enter(hub, isWanted, publisher ?? ''),
    );
  }

  async registerWithoutEvents(hub: string): Promise<boolean> {
    if (this.#registry.has(hub)) return true;
    if (this.#namespaceKey === ROOT) return false;
    if (!(await this.#lives())) throw new Error('the namespace was deleted');
    this.#registry.addQuiet(hub);
    return false;
  }

  unregister(hub: string, unregistration?: Unregistration): void {
    const { version = Number.MAX_SAFE_INTEGER } = unregistration ?? {};
    const row = this.#registry.get(hub);
    if ((row?.version ?? 0) > version) return;
    if (row !== undefined && unregistration !== undefined && this.#mayLack(hub, unregistration)) {
      this.#noteGap(hub);
    }
    // Nobody is told that all is here since a time at which that hub had something that is kept nowhere.
    if (unregistration !== undefined && unregistration.trimmedUntil > this.journal.trimmedUntil) {
      this.journal.setCoverage(this.journal.recordedSince, unregistration.trimmedUntil);
    }
    this.#registry.delete(hub, version);
    this.#feeders.delete(hub);
  }

  hubs(): string[] {
    return this.#registry.all();
  }

  /**
   * Takes a page of the journal of a hub and sends it on. How far it was taken is remembered with what is
   * appended, so that a page that comes again, or too early, does no harm.
   */
  async receive(page: FeedPage): Promise<FeedReceipt> {
    const { hub, version } = page;
    await this.#backfills.get(hub);
    await this.subscribers.authoritySync.confirm(Date.now());
    // One that has left the registry meanwhile, its namespace being deleted, does not come back to it.
    if (!this.#registry.has(hub)) return { taken: page.after, request: undefined };
    const { taken, delivered } = this.#take(page);
    this.#registry.confirm(hub, version);
    await delivered;
    this.needs.arm();
    return { taken, request: this.#registry.tell(hub, this.#isWanted(hub)) };
  }

  #take({ hub, epoch, trimmedThrough, after, records }: FeedPage): Taken {
    const fed = this.#feeders.get(hub);
    const known = fed?.epoch === epoch ? fed.taken : 0;
    const from = Math.max(known, trimmedThrough);
    const isMissing = this.#feeders.lacks(hub, epoch, from);
    if (after > from && !isMissing) return { taken: from, delivered: undefined };
    const fresh = after > from ? [] : records.filter(({ sequence }) => sequence > from);
    const postings = fresh.map((row) => postingOf(hub, epoch, row));
    if (isMissing) postings.unshift(gapRecord(hub, `${epoch} ${from}`, Date.now()));
    const taken = fresh.at(-1)?.sequence ?? from;
    const isNews = postings.length > 0 || taken !== fed?.taken;
    const note = () => this.#feeders.put(hub, { epoch, taken });
    return { taken, delivered: isNews ? this.#append(postings, note) : undefined };
  }

  /** Appends, with what has to be noted in the same transaction, and sends. */
  #append(postings: readonly NewRecord[], note: () => void): Promise<void> | undefined {
    const sequences = this.journal.transaction(() => {
      note();
      return this.journal.append(postings);
    });
    const entries = postings.flatMap((posting, index) => {
      const sequence = sequences[index];
      return sequence === undefined ? [] : [decodeRecord({ ...posting, sequence })];
    });
    return this.subscribers.deliver(entries);
  }

  /** For good it goes after the hubs of its Vault namespace. */
  override async leave(until: 'until needed' | 'for good'): Promise<void> {
    if (until === 'for good') {
      await this.#forEach(this.#registry.own(), (hub) =>
        callHub(this.env, hub, (stub) => stub.wipe()),
      );
    }
    await super.leave(until);
  }

  /** Whether a hub has had events that were not fed, and that somebody who comes back may have been due. */
  #mayLack(hub: string, { epoch, trimmedThrough }: Unregistration): boolean {
    if (!this.#isInUse) return false;
    const fed = this.#feeders.get(hub);
    if (trimmedThrough === undefined) return fed !== undefined && fed.epoch !== epoch;
    return epoch === undefined || this.#feeders.lacks(hub, epoch, trimmedThrough);
  }

  /** Whether somebody may have a place of this journal to come back to. */
  get #isInUse(): boolean {
    return this.journal.last > 0 || this.subscribers.haveCursors;
  }

  #noteGap(hub: string): void {
    const gap = gapRecord(hub, crypto.randomUUID(), Date.now());
    this.ctx.waitUntil(Promise.resolve(this.#append([gap], () => undefined)));
  }

  /** Whether a subscriber, or one who may come back, wants events of the hub. */
  #isWanted(hub: string): boolean {
    return this.subscribers.someWant(hub) || this.#interests.touches(hub, Date.now());
  }

  /**
   * Has every registered hub that the subscription touches feed, and returns when all have confirmed and
   * what they kept of the past is here.
   */
  async #startFeedsFor(matcher: Matcher): Promise<Refused | undefined> {
    const silent = this.#registry.silent().filter((hub) => matcher.touches(hub));
    if (silent.length > MAX_HUBS) {
      return {
        status: 503,
        message: `the subscription spans ${silent.length} hubs that have yet to be told, at most ${MAX_HUBS} are at a time; subscribe to fewer namespaces`,
      };
    }
    const awaited = silent.map((hub) => this.#backfills.get(hub));
    const begun = silent.filter((hub) => !this.#backfills.has(hub));
    const { promise: failed, reject: fail } = Promise.withResolvers<never>();
    const backfill = this.#backfill(begun, fail).finally(() => {
      for (const hub of begun) this.#backfills.delete(hub);
    });
    for (const hub of begun) this.#backfills.set(hub, backfill);
    // The handshake fails with the first hub that does; the others are heard nevertheless.
    await Promise.race([failed, Promise.all([backfill, ...awaited])]);
    return undefined;
  }

  /**
   * Starts the feeds of hubs, after what they have kept of the past. Where one does not answer, the others are
   * nevertheless heard: they take themselves for gathered now.
   *
   * @param fail is told at once of the first that does not answer
   */
  async #backfill(hubs: readonly string[], fail: (error: unknown) => void): Promise<void> {
    const histories: Heard[] = [];
    const failures: unknown[] = [];
    const events = Math.ceil(MAX_BACKFILL_EVENTS / hubs.length);
    const bytes = Math.max(Math.ceil(MAX_BACKFILL_BYTES / hubs.length), MAX_FRAME_BYTES);
    await this.#forEach(hubs, async (hub) => {
      try {
        const heard = await this.#startFeed(hub, events, bytes);
        if (heard !== undefined) histories.push(heard);
      } catch (error) {
        const failure = await diagnosed(error, hubStub(this.env, hub));
        failures.push(failure);
        fail(failure);
      }
    });
    if (histories.length > 0) await this.#takeHistories(histories);
    if (failures.length > 0) throw failures[0];
  }

  async #startFeed(hub: string, maxEvents: number, maxBytes: number): Promise<Heard | undefined> {
    const request = this.#registry.tell(hub, true);
    const self = this.ctx.id.name ?? '';
    const fed = this.#feeders.get(hub);
    const history = await callHub(this.env, hub, (stub) =>
      stub.requestFeed(self, request, fed, maxEvents, maxBytes),
    );
    if (history !== undefined) return { hub, version: request.version, history };
    // It has given its place back, or has lost its storage.
    this.unregister(hub, { epoch: undefined, trimmedUntil: 0, version: request.version });
    return undefined;
  }

  /**
   * Appends the pasts of several hubs, in the order in which their events were accepted. That a hub feeds is
   * noted with its past, and not before: else the next handshake would not wait for that.
   */
  #takeHistories(histories: readonly Heard[]): Promise<void> | undefined {
    const postings: NewRecord[] = [];
    const isInUse = this.#isInUse;
    let trimmedUntil = 0;
    for (const { hub, history } of histories) {
      const { epoch, recordedSince, after, records } = history;
      if (this.#feeders.lacks(hub, epoch, after)) {
        trimmedUntil = Math.max(trimmedUntil, history.trimmedUntil);
        const missingUntil = Math.max(recordedSince, history.trimmedUntil);
        if (isInUse) postings.push(gapRecord(hub, `${epoch} ${after}`, missingUntil));
      }
      for (const row of records) postings.push(postingOf(hub, epoch, row));
    }
    postings.sort((a, b) => a.acceptedAt - b.acceptedAt);
    // As the first of all it vouches for what it was not there for.
    const isFirst = this.journal.last === 0;
    const recordedSince = Math.min(...histories.map(({ history }) => history.recordedSince));
    return this.#append(postings, () => {
      this.journal.setCoverage(isFirst ? recordedSince : this.journal.recordedSince, trimmedUntil);
      for (const { hub, version, history } of histories) {
        // One that went meanwhile had nothing any more.
        if (!this.#registry.has(hub)) continue;
        this.#feeders.put(hub, { epoch: history.epoch, taken: history.last });
        this.#registry.confirm(hub, version);
      }
    });
  }

  async #forEach(hubs: readonly string[], call: (hub: string) => Promise<void>): Promise<void> {
    for (let next = 0; next < hubs.length; next += MAX_CONCURRENT_CALLS) {
      await Promise.all(hubs.slice(next, next + MAX_CONCURRENT_CALLS).map(call));
    }
  }

  /** A hub that is called by a name that somebody kept too long does not come to be. */
  async #lives(): Promise<boolean> {
    if (this.#namespaceKey === ROOT) return true;
    return callAuthorityFromHub(this.env, this.#namespaceKey, (authority) => authority.exists());
  }
}

/**
 * A row of a hub's journal for this one. Its key is that of its place there, not of the event: what the hub
 * took for new is new here.
 */
function postingOf(
  hub: string,
  epoch: string,
  { key, sequence, acceptedAt, json }: StoredRecord,
): NewRecord {
  const [id] = key.split('\n', 1);
  return { key: `${id}\n${hub} ${epoch} ${sequence}`, acceptedAt, json };
}
