/**
 * The hubs that a wildcard hub knows: those that have events, with the last word that each was told and who
 * published its first event; and those of its Vault namespace that only have subscribers.
 */

import type { FeedRequest, RegistrationRefusal } from '../../objects/hub-contract.ts';
import { parseHubName } from '../../objects/hub-name.ts';
import { MAX_HUBS, MAX_NEW_HUBS_PER_PUBLISHER } from '../../objects/limits.ts';
import { ROOT_OWNER } from '../../token/owner.ts';

type Row = { readonly version: number; readonly feeding: number };

export class Registry {
  readonly #sql: SqlStorage;
  readonly #namespaceKey: string;

  constructor(sql: SqlStorage, namespaceKey: string) {
    this.#sql = sql;
    this.#namespaceKey = namespaceKey;
  }

  /** Whether a hub is of this Vault namespace, and not of one below. */
  isOwn(hub: string): boolean {
    return parseHubName(hub).namespaceKey === this.#namespaceKey;
  }

  get(hub: string): Row | undefined {
    return this.#sql.exec<Row>('SELECT version, feeding FROM hubs WHERE hub = ?', hub).toArray()[0];
  }

  has(hub: string): boolean {
    return this.get(hub) !== undefined;
  }

  /** The hubs that have events. */
  all(): string[] {
    return this.#hubs('SELECT hub FROM hubs ORDER BY hub');
  }

  /** The hubs of this Vault namespace, with those that only have subscribers. */
  own(): string[] {
    return this.#hubs('SELECT hub FROM hubs WHERE own = 1 UNION SELECT hub FROM quiet_hubs');
  }

  /** The hubs that are not known to feed. */
  silent(): string[] {
    return this.#hubs('SELECT hub FROM hubs WHERE feeding = 0');
  }

  get isEmpty(): boolean {
    return this.#count('SELECT COUNT(*) AS hubs FROM hubs') === 0 && this.own().length === 0;
  }

  /** @param publisher whose share of places it takes; undefined where it is not known */
  refusal(publisher: string | undefined): RegistrationRefusal | undefined {
    if (this.#count('SELECT COUNT(*) AS hubs FROM hubs WHERE own = 1') >= MAX_HUBS) {
      return { reason: 'too_many_hubs' };
    }
    if (publisher === undefined || publisher === ROOT_OWNER) return undefined;
    const made = this.#count(
      'SELECT COUNT(*) AS hubs FROM hubs WHERE own = 1 AND creator = ?',
      publisher,
    );
    return made >= MAX_NEW_HUBS_PER_PUBLISHER ? { reason: 'too_many_of_publisher' } : undefined;
  }

  /** The word for a hub: a new one, unless it is known to feed and is to go on. */
  tell(hub: string, wanted: boolean): FeedRequest {
    const row = this.get(hub);
    if (wanted && row?.feeding === 1) {
      return { wanted, version: row.version, wasRegistered: true };
    }
    return this.enter(hub, wanted, '');
  }

  /** Notes a hub that registers. @returns a new word, so that what was said of it before can be told apart */
  enter(hub: string, wanted: boolean, creator: string): FeedRequest {
    const row = this.get(hub);
    // A hub that comes back has higher versions than before: what it was told then may arrive yet.
    const version = row === undefined ? Date.now() : row.version + 1;
    this.#sql.exec(
      `INSERT INTO hubs (hub, own, version, feeding, creator) VALUES (?, ?, ?, 0, ?)
       ON CONFLICT (hub) DO UPDATE SET version = excluded.version, feeding = 0`,
      hub,
      Number(this.isOwn(hub)),
      version,
      creator,
    );
    this.#sql.exec('DELETE FROM quiet_hubs WHERE hub = ?', hub);
    return { wanted, version, wasRegistered: row !== undefined };
  }

  /** Notes that a hub feeds, where it has heard the last word that it was told. */
  confirm(hub: string, version: number): void {
    const row = this.get(hub);
    if (row?.version !== version || row.feeding === 1) return;
    this.#sql.exec('UPDATE hubs SET feeding = 1 WHERE hub = ?', hub);
  }

  /** Notes a hub of this Vault namespace that has subscribers and no events. */
  addQuiet(hub: string): void {
    this.#sql.exec('INSERT OR IGNORE INTO quiet_hubs (hub) VALUES (?)', hub);
  }

  /** @param version of the last word that it is to go by */
  delete(hub: string, version: number): void {
    this.#sql.exec('DELETE FROM hubs WHERE hub = ? AND version <= ?', hub, version);
    this.#sql.exec('DELETE FROM quiet_hubs WHERE hub = ?', hub);
  }

  /**
   * Hubs that registered when a subscriber was reason enough, and that nobody has asked since whether they
   * have another one.
   */
  unreviewed(limit: number): string[] {
    return this.#sql
      .exec<{ hub: string }>(
        'SELECT hub FROM hubs WHERE own = 1 AND creator IS NULL LIMIT ?',
        limit,
      )
      .toArray()
      .map(({ hub }) => hub);
  }

  reviewed(hub: string): void {
    this.#sql.exec("UPDATE hubs SET creator = '' WHERE hub = ? AND creator IS NULL", hub);
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
