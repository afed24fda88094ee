/**
 * The hubs that a wildcard hub knows: those that have events, with the version of the last feed request to each and the
 * publisher of its first event; and those of its Vault namespace that have subscribers and no events.
 */

import {
  FEED_FORMAT,
  type FeedRequest,
  type RegistrationRefusal,
} from '../../../objects/hub-contract.ts';
import { MAX_HUBS, MAX_NEW_HUBS_PER_PUBLISHER } from '../../../objects/limits.ts';
import { parseHubName } from '../../../objects/names.ts';
import { ROOT_OWNER } from '../../../token/owner.ts';

type Row = { readonly request_version: number; readonly is_feeding: number };

export class KnownHubs {
  readonly #sql: SqlStorage;
  readonly #namespaceKey: string;

  constructor(sql: SqlStorage, namespaceKey: string) {
    this.#sql = sql;
    this.#namespaceKey = namespaceKey;
  }

  /** Whether a hub belongs to this Vault namespace, and not to one below. */
  isOwn(hub: string): boolean {
    return parseHubName(hub).namespaceKey === this.#namespaceKey;
  }

  has(hub: string): boolean {
    return this.#get(hub) !== undefined;
  }

  /** The version of the last feed request to a hub; undefined if the hub is not registered. */
  versionOf(hub: string): number | undefined {
    return this.#get(hub)?.request_version;
  }

  /** The hubs that have events. */
  all(): string[] {
    return this.#hubs('SELECT hub FROM hubs ORDER BY hub');
  }

  /** The hubs of this Vault namespace, also those that only have subscribers. */
  own(): string[] {
    return this.#hubs(
      'SELECT hub FROM hubs WHERE is_own = 1 UNION SELECT hub FROM hubs_without_events ORDER BY hub',
    );
  }

  /** The hubs that have not confirmed that they feed. */
  notFeeding(): string[] {
    return this.#hubs('SELECT hub FROM hubs WHERE is_feeding = 0');
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.own().length === 0;
  }

  /** The hubs that have events, of this Vault namespace and those below. */
  get size(): number {
    return this.#count('SELECT COUNT(*) AS hubs FROM hubs');
  }

  /**
   * Why a new hub gets no slot; undefined if it gets one.
   *
   * @param publisher whose share of slots it uses; undefined if it is unknown
   */
  refusal(publisher: string | undefined): RegistrationRefusal | undefined {
    if (this.#count('SELECT COUNT(*) AS hubs FROM hubs WHERE is_own = 1') >= MAX_HUBS) {
      return { reason: 'too_many_hubs' };
    }
    if (publisher === undefined || publisher === ROOT_OWNER) return undefined;
    const created = this.#count(
      'SELECT COUNT(*) AS hubs FROM hubs WHERE is_own = 1 AND publisher = ?',
      publisher,
    );
    return created >= MAX_NEW_HUBS_PER_PUBLISHER ? { reason: 'too_many_of_publisher' } : undefined;
  }

  /** The feed request for a hub: a new one, unless the hub feeds and is to go on. */
  request(hub: string, wanted: boolean): FeedRequest {
    const row = this.#get(hub);
    if (wanted && row?.is_feeding === 1) {
      return { wanted, version: row.request_version, maxFormat: FEED_FORMAT, wasRegistered: true };
    }
    return this.add(hub, wanted, '');
  }

  /** Adds a hub that registers. @returns a new feed request, so that an earlier one can be told apart */
  add(hub: string, wanted: boolean, publisher: string): FeedRequest {
    const row = this.#get(hub);
    // A hub that comes back gets higher versions than before: an earlier request may arrive late.
    const version = row === undefined ? Date.now() : row.request_version + 1;
    this.#sql.exec(
      `INSERT INTO hubs (hub, is_own, request_version, is_feeding, publisher) VALUES (?, ?, ?, 0, ?)
       ON CONFLICT (hub) DO UPDATE SET request_version = excluded.request_version, is_feeding = 0`,
      hub,
      Number(this.isOwn(hub)),
      version,
      publisher,
    );
    this.#sql.exec('DELETE FROM hubs_without_events WHERE hub = ?', hub);
    return { wanted, version, maxFormat: FEED_FORMAT, wasRegistered: row !== undefined };
  }

  /** Notes that a hub feeds, if this is the version of the last request to it. */
  confirm(hub: string, version: number): void {
    const row = this.#get(hub);
    if (row?.request_version !== version || row.is_feeding === 1) return;
    this.#sql.exec('UPDATE hubs SET is_feeding = 1 WHERE hub = ?', hub);
  }

  /** Adds a hub of this Vault namespace that has subscribers and no events. */
  addWithoutEvents(hub: string): void {
    this.#sql.exec('INSERT OR IGNORE INTO hubs_without_events (hub) VALUES (?)', hub);
  }

  countWithoutEvents(): number {
    return this.#count('SELECT COUNT(*) AS hubs FROM hubs_without_events');
  }

  /** @param version of the last feed request that the hub received */
  delete(hub: string, version: number): void {
    this.#sql.exec('DELETE FROM hubs WHERE hub = ? AND request_version <= ?', hub, version);
    this.#sql.exec('DELETE FROM hubs_without_events WHERE hub = ?', hub);
  }

  #get(hub: string): Row | undefined {
    return this.#sql
      .exec<Row>('SELECT request_version, is_feeding FROM hubs WHERE hub = ?', hub)
      .toArray()[0];
  }

  #hubs(query: string): string[] {
    return this.#sql
      .exec<{ hub: string }>(query)
      .toArray()
      .map(({ hub }) => hub);
  }

  #count(query: string, ...bindings: string[]): number {
    return this.#sql.exec<{ hubs: number }>(query, ...bindings).one().hubs;
  }
}

/**
 * For a wildcard hub that was restored or emptied: it has not asked any hub for its events. A version of now is higher than those
 * that were sent and forgotten.
 */
export function askAllHubsAgain(sql: SqlStorage, now: number): void {
  sql.exec('UPDATE hubs SET request_version = MAX(request_version + 1, ?), is_feeding = 0', now);
}
