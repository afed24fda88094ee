/**
 * Which hubs watch which tokens (table `watches`), and which changes each has not acknowledged (table `notices`). A
 * notice is written in the transaction of the change and stays until its hub has acknowledged it. So a hub that cannot be
 * reached is notified later.
 *
 * A hub that has no subscriber left with a token ends its watch, and may begin another one at the same time. Calls may
 * overtake each other. So a watch stores the sequence of the last notice before it, and only a call about a later notice
 * ends it. A hub that deletes everything ends the watches of this incarnation: a late call ends no watch
 * of the next one.
 */

import type { UnusedWatch } from '../../objects/authority-contract.ts';
import { MAX_NOTICES } from '../../objects/limits.ts';
import { column, scalar } from '../../objects/sql.ts';
import { hasPolicySql } from '../conditions.ts';
import { MAX_LISTED_WATCHERS } from '../limits.ts';

/** A token or a policy has changed. A hub has at most one notice of each, the last. */
export type Notice =
  | { readonly kind: 'token'; readonly sequence: number; readonly token: number }
  | { readonly kind: 'policy'; readonly sequence: number; readonly policy: string };

export class Watches {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param incarnation of the hub */
  watch(hub: string, token: number, incarnation: string): void {
    this.#sql.exec(
      `INSERT INTO watches (token, hub, last_notice, incarnation) VALUES (?, ?, ?, ?)
       ON CONFLICT (token, hub) DO UPDATE
         SET last_notice = excluded.last_notice, incarnation = excluded.incarnation
         WHERE last_notice < excluded.last_notice OR incarnation <> excluded.incarnation`,
      token,
      hub,
      this.lastSequence(),
      incarnation,
    );
  }

  unwatch(hub: string, unused: readonly UnusedWatch[]): void {
    for (const { token, sequence } of unused) {
      this.#sql.exec(
        'DELETE FROM watches WHERE token = ? AND hub = ? AND last_notice < ?',
        token,
        hub,
        sequence,
      );
    }
  }

  unwatchIncarnation(hub: string, incarnation: string): void {
    this.#sql.exec('DELETE FROM watches WHERE hub = ? AND incarnation = ?', hub, incarnation);
  }

  /** Ends the watches of a hub that are older than the notice after this one, and drops its notices up to this one. */
  unwatchAll(hub: string, sequence = Number.MAX_SAFE_INTEGER): void {
    this.#sql.exec('DELETE FROM watches WHERE hub = ? AND last_notice < ?', hub, sequence);
    this.acknowledge(hub, sequence);
  }

  /** The hubs and replicas that watch a token, as far as they are listed. */
  watchersOf(token: number): string[] {
    return column(
      this.#sql,
      'SELECT hub FROM watches WHERE token = ? ORDER BY hub LIMIT ?',
      token,
      MAX_LISTED_WATCHERS,
    );
  }

  /** Writes a notice for every hub that watches the token. @returns the hubs */
  addTokenNotices(token: number): string[] {
    return column(
      this.#sql,
      `INSERT OR REPLACE INTO notices (hub, token) SELECT hub, token FROM watches WHERE token = ?
       RETURNING hub`,
      token,
    );
  }

  /** Writes the last notice of a token that is removed, and ends its watches. @returns the hubs */
  addLastTokenNotices(token: number): string[] {
    const hubs = this.addTokenNotices(token);
    this.#sql.exec('DELETE FROM watches WHERE token = ?', token);
    return hubs;
  }

  /** Writes a notice for every hub that watches a token with this policy. @returns the hubs */
  addPolicyNotices(policy: string): string[] {
    return column(
      this.#sql,
      `INSERT OR REPLACE INTO notices (hub, policy)
       SELECT DISTINCT hub, ?1 FROM watches WHERE ${hasPolicySql('watches.token', '?1')}
       RETURNING hub`,
      policy,
    );
  }

  /** The notices that a hub has not acknowledged, the oldest first, as many as one answer may have. */
  pending(hub: string): Notice[] {
    return this.#sql
      .exec<{ sequence: number; token: number; policy: string }>(
        'SELECT sequence, token, policy FROM notices WHERE hub = ? ORDER BY sequence LIMIT ?',
        hub,
        MAX_NOTICES,
      )
      .toArray()
      .map(({ sequence, token, policy }) =>
        token === 0 ? { kind: 'policy', sequence, policy } : { kind: 'token', sequence, token },
      );
  }

  /** Deletes the notices of a hub up to this one. */
  acknowledge(hub: string, sequence: number): void {
    this.#sql.exec('DELETE FROM notices WHERE hub = ? AND sequence <= ?', hub, sequence);
  }

  /** The sequence of the last notice of any hub, also after it was acknowledged. */
  lastSequence(): number {
    return scalar<number>(this.#sql, "SELECT seq FROM sqlite_sequence WHERE name = 'notices'") ?? 0;
  }
}
