/**
 * Counts what a Vault namespace and those below it use of its quota. Rates are counted in memory: after an eviction, what
 * comes in a second is allowed once more. Hubs take some of a rate ahead, so that they ask about once a second.
 *
 * What lasts is counted by its holders: hubs have subscribers and bytes, namespaces have sources. A number grows with each
 * reservation. The authority is not told when something ends, so it asks the holders again when the quota seems to be used up.
 */

import { logError } from '../lib/log.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import { overQuota, type QuotaLimits, type QuotaRefusal } from '../namespace/quota.ts';
import { callEach } from '../objects/call.ts';
import { isNamespaceDeleted } from '../objects/namespace-end.ts';
import type { QuotaSpending, SpendingAnswer } from '../objects/quota-contract.ts';
import { scalar } from '../objects/sql.ts';
import { callAuthority, callSubscriberHub } from '../objects/stubs.ts';
import { QUOTA_RECOUNT_MS } from './limits.ts';

/** What is reserved one by one. */
export type Reserved = 'subscribers' | 'sources';
const COUNTED = ['subscribers', 'sources', 'retained_bytes'] as const;
export type Counted = (typeof COUNTED)[number];

/** The part of a limit by which a number has to change before it is stored again. */
const STORED_PART = 1 / 64;

interface Parts {
  readonly env: Env;
  readonly sql: SqlStorage;
  /** Its key. */
  readonly namespace: string;
}

export class QuotaUse {
  readonly #parts: Parts;
  readonly #buckets = new Map<'events_per_second' | 'bytes_per_second', TokenBucket>();
  readonly #recounts = new Map<Counted, { readonly at: number; readonly done: Promise<void> }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes what a hub publishes, and what it may publish next without asking. */
  spend(limits: QuotaLimits, spending: QuotaSpending): SpendingAnswer {
    const { hub, retainedBytes } = spending;
    const rates = [
      { name: 'events_per_second', spent: spending.events, ahead: spending.eventsAhead },
      { name: 'bytes_per_second', spent: spending.bytes, ahead: spending.bytesAhead },
    ] as const;
    const now = Date.now();
    const retain = this.#retain(limits.retained_bytes, hub, retainedBytes);
    for (const { name } of rates) {
      const rate = limits[name];
      const level = rate === undefined ? 1 : this.#bucket(name, now, rate).level(now, rate);
      if (rate !== undefined && level <= 0) {
        const wait = Math.floor(-level / rate) + 1;
        return { refused: overQuota(this.#parts.namespace, name, rate, wait) };
      }
    }
    const [events, bytes] = rates.map(({ name, spent, ahead }) => {
      const rate = limits[name];
      if (rate === undefined) return Number.POSITIVE_INFINITY;
      const bucket = this.#bucket(name, now, rate);
      bucket.take(spent, now, rate);
      // Half of what is left is for other hubs.
      const granted = Math.max(0, Math.min(ahead, Math.floor(bucket.level(now, rate) / 2)));
      if (granted > 0) bucket.take(granted, now, rate);
      return granted;
    });
    return { events: events ?? 0, bytes: bytes ?? 0, ...(retain !== undefined && { retain }) };
  }

  /** Reserves one more for a holder: the name of a hub, or the key of a namespace. */
  async reserve(
    limits: () => QuotaLimits | undefined,
    what: Reserved,
    holder: string,
  ): Promise<QuotaRefusal | undefined> {
    if (limits()?.[what] === undefined) return undefined;
    if (this.#amount(what, holder) === undefined) {
      const counted = await this.#count(what, holder);
      if (this.#amount(what, holder) === undefined) this.#set(what, holder, counted ?? 0);
    }
    const isFull = () => this.total(what) >= (limits()?.[what] ?? Number.POSITIVE_INFINITY);
    if (isFull()) await this.#recount(what);
    const limit = limits()?.[what];
    if (limit !== undefined && isFull()) {
      const retryAfter = what === 'subscribers' ? QUOTA_RECOUNT_MS / 1000 : undefined;
      return overQuota(this.#parts.namespace, what, limit, retryAfter);
    }
    this.#set(what, holder, (this.#amount(what, holder) ?? 0) + 1);
    return undefined;
  }

  total(what: Counted): number {
    return (
      scalar<number>(this.#parts.sql, 'SELECT SUM(amount) FROM quota_use WHERE what = ?', what) ?? 0
    );
  }

  /** Forgets what is not limited any more: nobody reports it. */
  keepOnly(limits: QuotaLimits): void {
    for (const what of COUNTED) {
      if (limits[what] !== undefined) continue;
      this.#parts.sql.exec('DELETE FROM quota_use WHERE what = ?', what);
      this.#recounts.delete(what);
    }
    for (const name of this.#buckets.keys()) {
      if (limits[name] === undefined) this.#buckets.delete(name);
    }
  }

  /** Forgets a namespace that was deleted, and its hubs. @param namespace its key */
  forget(namespace: string): void {
    const ofHubs = `${namespace}/`;
    this.#parts.sql.exec(
      'DELETE FROM quota_use WHERE holder = ? OR substr(holder, 1, ?) = ?',
      namespace,
      ofHubs.length,
      ofHubs,
    );
  }

  /**
   * How many bytes a hub may retain: what the others leave, and an equal share at least. So the hubs of a
   * namespace get equal shares in the end, and one that is alone gets all.
   */
  #retain(limit: number | undefined, hub: string, bytes: number): number | undefined {
    if (limit === undefined) return undefined;
    const known = this.#amount('retained_bytes', hub) ?? 0;
    const isOther = Math.abs(bytes - known) > limit * STORED_PART || (bytes === 0 && known > 0);
    if (isOther) this.#set('retained_bytes', hub, bytes);
    const others = this.total('retained_bytes') - (isOther ? bytes : known);
    const hubs =
      scalar<number>(
        this.#parts.sql,
        "SELECT COUNT(*) FROM quota_use WHERE what = 'retained_bytes' AND holder <> ?",
        hub,
      ) ?? 0;
    return Math.max(limit - others, Math.floor(limit / (hubs + 1)));
  }

  #bucket(name: 'events_per_second' | 'bytes_per_second', now: number, rate: number): TokenBucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const bucket = new TokenBucket(now, rate);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  /** Asks all holders, unless that was done recently: a client that is refused again and again costs no more. */
  async #recount(what: Reserved): Promise<void> {
    const last = this.#recounts.get(what);
    if (last !== undefined && Date.now() - last.at < QUOTA_RECOUNT_MS) return last.done;
    const done = this.#askHolders(what);
    this.#recounts.set(what, { at: Date.now(), done });
    return done;
  }

  async #askHolders(what: Reserved): Promise<void> {
    const before = this.#amounts(what);
    await callEach([...before.keys()], async (holder) => {
      const counted = await this.#count(what, holder);
      if (counted === undefined) return;
      // What was reserved meanwhile is not there yet.
      const since = (this.#amount(what, holder) ?? 0) - (before.get(holder) ?? 0);
      this.#set(what, holder, counted + Math.max(0, since));
    });
  }

  /** @returns undefined if the holder does not answer */
  async #count(what: Reserved, holder: string): Promise<number | undefined> {
    const { env } = this.#parts;
    try {
      if (what === 'sources') {
        return (await callAuthority(env, holder, (authority) => authority.sourceNames())).length;
      }
      return await callSubscriberHub(env, holder, (hub) => hub.countSubscribers());
    } catch (error) {
      if (isNamespaceDeleted(error)) return 0;
      logError(`the ${what} of ${holder} cannot be counted`, error);
      return undefined;
    }
  }

  #amounts(what: Counted): Map<string, number> {
    const rows = this.#parts.sql
      .exec<{ holder: string; amount: number }>(
        'SELECT holder, amount FROM quota_use WHERE what = ?',
        what,
      )
      .toArray();
    return new Map(rows.map(({ holder, amount }) => [holder, amount]));
  }

  #amount(what: Counted, holder: string): number | undefined {
    return scalar<number>(
      this.#parts.sql,
      'SELECT amount FROM quota_use WHERE what = ? AND holder = ?',
      what,
      holder,
    );
  }

  #set(what: Counted, holder: string, amount: number): void {
    const { sql } = this.#parts;
    if (amount === 0) {
      sql.exec('DELETE FROM quota_use WHERE what = ? AND holder = ?', what, holder);
      return;
    }
    sql.exec(
      'INSERT OR REPLACE INTO quota_use (what, holder, amount) VALUES (?, ?, ?)',
      what,
      holder,
      amount,
    );
  }
}
