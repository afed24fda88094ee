/**
 * The gathering hub of one Vault namespace: it holds the subscribers whose subscription spans hubs (`*`,
 * `kv*`, or namespaces below), and is the registry of the hubs that feed it.
 *
 * A hub registers before its first acknowledgement and learns whether it is gathered from. A
 * subscriber gets its 101 only when every registered hub that its pattern can touch has confirmed to
 * feed. Both are written down here first, so whichever comes second finds the other.
 *
 * Every word to a hub has a version of its own, and the hub heeds the highest it has heard. While a
 * handshake is under way its class is wanted, so no word after the one that it waits for says no.
 * Which words have arrived is known only from a hub's confirmation of exactly the last one.
 */
import { authorityName } from '../authority/name.ts';
import { callWithRetry } from '../call.ts';
import {
  MAX_BACKFILL_BYTES,
  MAX_BACKFILL_EVENTS,
  MAX_CONCURRENT_CALLS,
  MAX_FRAME_BYTES,
  MAX_HUBS,
} from '../limits.ts';
import { ROOT } from '../namespace.ts';
import { Feeders } from './feeders.ts';
import type { Refused } from './handshakes.ts';
import type { History } from './history.ts';
import { Interests } from './interests.ts';
import { entryOf, gapPosting, type Posting, type Row } from './journal-entry.ts';
import type { Matcher } from './matcher.ts';
import { parseHubName } from './name.ts';
import { SubscriberHub } from './subscriber-hub.ts';

/** Whether a hub is gathered from. Words may overtake each other: the highest version counts. */
export interface Gathering {
  readonly gathered: boolean;
  readonly version: number;
}

/** A page of the journal of a hub. */
export interface FeedPage {
  readonly hub: string;
  readonly epoch: string;
  /** The sequence up to which its journal is not kept any more. */
  readonly trimmedThrough: number;
  /** The sequence that the rows follow. */
  readonly after: number;
  readonly rows: readonly Row[];
  /** The word by which it feeds. */
  readonly version: number;
}

export interface FeedReceipt {
  /** Up to where the journal of the hub is here: before `after` where something in between is missing. */
  readonly taken: number;
  /** Whether to go on: a hub learns here, and only here, that it is not; undefined where it is unknown. */
  readonly gathering: Gathering | undefined;
}

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
  readonly history: History;
}

export class GatheringHub extends SubscriberHub {
  readonly #namespaceKey: string;
  readonly #feeders: Feeders;
  readonly #interests: Interests;
  /** Hubs whose past is being fetched. */
  readonly #backfills = new Map<string, Promise<void>>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#namespaceKey = parseHubName(ctx.id.name).namespaceKey;
    this.#feeders = new Feeders(ctx.storage.sql);
    this.#interests = new Interests(ctx.storage.sql, this.journal.maxAgeMs);
    this.needs.prepare = (matcher) => this.#gatherFor(matcher);
    this.needs.forgotten = (subscription) => this.#interests.add(subscription, Date.now());
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS hubs (
         hub TEXT PRIMARY KEY,
         own INTEGER NOT NULL,
         version INTEGER NOT NULL,
         feeding INTEGER NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  /**
   * Notes a hub and tells it whether it is gathered from.
   *
   * @param hub its name: of this Vault namespace, or of one below
   * @returns undefined where this Vault namespace has as many hubs as it may have
   * @throws where it is no more
   */
  async register(hub: string): Promise<Gathering | undefined> {
    if (this.#hub(hub) === undefined && this.#isOwn(hub)) {
      if (this.#ownHubs() >= MAX_HUBS) return undefined;
      if (!(await this.#lives())) throw new Error('the namespace was deleted');
    }
    return this.#tell(hub, this.#isWanted(hub));
  }

  /** Forgets a hub whose namespace, one below, is no more. */
  unregister(hub: string): void {
    this.ctx.storage.sql.exec('DELETE FROM hubs WHERE hub = ?', hub);
    this.#feeders.delete(hub);
  }

  /** The hubs that events for the subscription can come from. */
  hubs(): string[] {
    return this.ctx.storage.sql
      .exec<{ hub: string }>('SELECT hub FROM hubs ORDER BY hub')
      .toArray()
      .map((row) => row.hub);
  }

  /**
   * Takes a page of the journal of a hub and sends it on. How far it was taken is remembered with what is
   * appended, so that a page that comes again, or too early, does no harm.
   */
  async receive(page: FeedPage): Promise<FeedReceipt> {
    const { hub, version } = page;
    await this.#backfills.get(hub);
    await this.subscribers.holders.confirm(Date.now());
    // One that has left the registry meanwhile, its namespace being deleted, does not come back to it.
    if (this.#hub(hub) === undefined) return { taken: page.after, gathering: undefined };
    const { taken, delivered } = this.#take(page);
    this.#confirm(hub, version);
    await delivered;
    this.needs.arm();
    return { taken, gathering: this.#tell(hub, this.#isWanted(hub)) };
  }

  #take({ hub, epoch, trimmedThrough, after, rows }: FeedPage): Taken {
    const fed = this.#feeders.get(hub);
    const known = fed?.epoch === epoch ? fed.taken : 0;
    const from = Math.max(known, trimmedThrough);
    const isMissing = fed !== undefined && (fed.epoch !== epoch || from > known);
    if (after > from && !isMissing) return { taken: from, delivered: undefined };
    const fresh = after > from ? [] : rows.filter(({ sequence }) => sequence > from);
    const postings = fresh.map((row) => postingOf(hub, epoch, row));
    if (isMissing) postings.unshift(gapPosting(hub, `${epoch} ${from}`, Date.now()));
    const taken = fresh.at(-1)?.sequence ?? from;
    const isNews = postings.length > 0 || taken !== fed?.taken;
    const note = () => this.#feeders.put(hub, { epoch, taken });
    return { taken, delivered: isNews ? this.#append(postings, note) : undefined };
  }

  /** Appends, with what has to be noted in the same transaction, and sends. */
  #append(postings: readonly Posting[], note: () => void): Promise<void> | undefined {
    const sequences = this.journal.transaction(() => {
      note();
      return this.journal.append(postings);
    });
    const entries = postings.flatMap((posting, index) => {
      const sequence = sequences[index];
      return sequence === undefined ? [] : [entryOf({ ...posting, sequence })];
    });
    return this.subscribers.deliver(entries);
  }

  /** Empties the hubs of this Vault namespace, then itself. */
  override async wipe(): Promise<void> {
    if (this.wiped) return;
    this.subscribers.closeAll();
    const own = this.hubs().filter((hub) => this.#isOwn(hub));
    await this.#forEach(own, (hub) => callWithRetry(() => this.env.HUB.getByName(hub).wipe()));
    await super.wipe();
  }

  /** The word for a hub: a new one, unless it is known to feed and is to go on. */
  #tell(hub: string, gathered: boolean): Gathering {
    const { version = 0, feeding = 0 } = this.#hub(hub) ?? {};
    if (gathered && feeding === 1) return { gathered, version };
    this.ctx.storage.sql.exec(
      'INSERT OR REPLACE INTO hubs (hub, own, version, feeding) VALUES (?, ?, ?, 0)',
      hub,
      Number(this.#isOwn(hub)),
      version + 1,
    );
    return { gathered, version: version + 1 };
  }

  /** Notes that a hub feeds, where it has heard the last word that it was told. */
  #confirm(name: string, version: number): void {
    const hub = this.#hub(name);
    if (hub?.version !== version || hub.feeding === 1) return;
    this.ctx.storage.sql.exec('UPDATE hubs SET feeding = 1 WHERE hub = ?', name);
  }

  /** Whether a subscriber, or one who may come back, wants events of the hub. */
  #isWanted(hub: string): boolean {
    return this.subscribers.someWant(hub) || this.#interests.touches(hub, Date.now());
  }

  /**
   * Has every registered hub that the subscription touches feed, and returns when all have confirmed and
   * what they kept of the past is here.
   */
  async #gatherFor(matcher: Matcher): Promise<Refused | undefined> {
    const silent = this.ctx.storage.sql
      .exec<{ hub: string }>('SELECT hub FROM hubs WHERE feeding = 0')
      .toArray()
      .map((row) => row.hub)
      .filter((hub) => matcher.touches(hub));
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
        histories.push(await this.#startFeed(hub, events, bytes));
      } catch (error) {
        failures.push(error);
        fail(error);
      }
    });
    if (histories.length > 0) await this.#takeHistories(histories);
    if (failures.length > 0) throw failures[0];
  }

  async #startFeed(hub: string, maxEvents: number, maxBytes: number): Promise<Heard> {
    const gathering = this.#tell(hub, true);
    const self = this.ctx.id.name ?? '';
    const fed = this.#feeders.get(hub);
    const history = await callWithRetry(() =>
      this.env.HUB.getByName(hub).gather(self, gathering, fed, maxEvents, maxBytes),
    );
    return { hub, version: gathering.version, history };
  }

  /**
   * Appends the pasts of several hubs, in the order in which their events were accepted. That a hub feeds is
   * noted with its past, and not before: else the next handshake would not wait for that.
   */
  #takeHistories(histories: readonly Heard[]): Promise<void> | undefined {
    const postings: Posting[] = [];
    let trimmedAt = 0;
    for (const { hub, history } of histories) {
      const { epoch, after, rows } = history;
      const fed = this.#feeders.get(hub);
      if (fed === undefined) trimmedAt = Math.max(trimmedAt, history.trimmedAt);
      else if (fed.epoch !== epoch || fed.taken < after) {
        postings.push(gapPosting(hub, `${epoch} ${after}`, rows[0]?.acceptedAt ?? Date.now()));
      }
      for (const row of rows) postings.push(postingOf(hub, epoch, row));
    }
    postings.sort((a, b) => a.acceptedAt - b.acceptedAt);
    // As the first of all it vouches for what it was not there for.
    const isFirst = this.journal.last === 0;
    const begunAt = Math.min(...histories.map(({ history }) => history.begunAt));
    return this.#append(postings, () => {
      this.journal.setComplete(isFirst ? begunAt : this.journal.begunAt, trimmedAt);
      for (const { hub, version, history } of histories) {
        this.#feeders.put(hub, { epoch: history.epoch, taken: history.last });
        this.#confirm(hub, version);
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
    const name = authorityName(this.#namespaceKey);
    return callWithRetry(() => this.env.AUTHORITY.getByName(name).lives());
  }

  #isOwn(hub: string): boolean {
    return parseHubName(hub).namespaceKey === this.#namespaceKey;
  }

  #ownHubs(): number {
    return this.ctx.storage.sql
      .exec<{ hubs: number }>('SELECT COUNT(*) AS hubs FROM hubs WHERE own = 1')
      .one().hubs;
  }

  #hub(hub: string): { version: number; feeding: number } | undefined {
    const [row] = this.ctx.storage.sql
      .exec<{ version: number; feeding: number }>(
        'SELECT version, feeding FROM hubs WHERE hub = ?',
        hub,
      )
      .toArray();
    return row;
  }
}

/**
 * A row of a hub's journal for this one. Its key is that of its place there, not of the event: what the hub
 * took for new is new here.
 */
function postingOf(hub: string, epoch: string, { key, sequence, acceptedAt, json }: Row): Posting {
  const [id] = key.split('\n', 1);
  return { key: `${id}\n${hub} ${epoch} ${sequence}`, acceptedAt, json };
}
