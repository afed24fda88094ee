/**
 * The tokens of the upstream that are used here. Each also has a row in `tokens`, like any other token. The row here has
 * what is needed to look it up again, and when that is due.
 */

import { column, scalar } from '../../objects/sql.ts';
import { isWatchedSql } from '../conditions.ts';

export interface AdoptedToken {
  readonly token: number;
  /** The token itself, encrypted: see `outbound/upstream/seal.ts`. */
  readonly sealed: ArrayBuffer;
  /** When it was last looked up, in Unix milliseconds. */
  readonly lookedUpAt: number;
}

export class AdoptedTokens {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Stores a token, or that it was looked up again. @param dueAt when the next look-up is due at the latest */
  put({ token, sealed, lookedUpAt }: AdoptedToken, dueAt: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO adopted_tokens (token, sealed, looked_up_at, due_at) VALUES (?, ?, ?, ?)',
      token,
      sealed,
      lookedUpAt,
      dueAt,
    );
  }

  /** Notes until when a token that was removed is known to have been released: its holder may come back with it. */
  putReleased(token: number, until: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO adopted_tokens (token, sealed, looked_up_at, due_at) VALUES (?, NULL, 0, ?)',
      token,
      until,
    );
  }

  /** Stores a token under another key, unless it was stored again meanwhile. */
  reseal(token: number, before: ArrayBuffer, sealed: ArrayBuffer): void {
    this.#sql.exec(
      'UPDATE adopted_tokens SET sealed = ? WHERE token = ? AND sealed = ?',
      sealed,
      token,
      before,
    );
  }

  wasReleased(token: number): boolean {
    const released = 'SELECT 1 FROM adopted_tokens WHERE token = ? AND sealed IS NULL';
    return scalar(this.#sql, released, token) === 1;
  }

  remove(token: number): void {
    this.#sql.exec('DELETE FROM adopted_tokens WHERE token = ?', token);
  }

  get(token: number): AdoptedToken | undefined {
    const [row] = this.#sql
      .exec<{ sealed: ArrayBuffer; looked_up_at: number }>(
        'SELECT sealed, looked_up_at FROM adopted_tokens WHERE token = ? AND sealed IS NOT NULL',
        token,
      )
      .toArray();
    return row && { token, sealed: row.sealed, lookedUpAt: row.looked_up_at };
  }

  /** Those of the tokens that were last looked up before this time. */
  lookedUpBefore(time: number, tokens: readonly number[]): number[] {
    return column(
      this.#sql,
      `SELECT token FROM adopted_tokens WHERE looked_up_at < ? AND sealed IS NOT NULL
       AND token IN (SELECT value FROM json_each(?))`,
      time,
      JSON.stringify(tokens),
    );
  }

  /** Those that a hub watches. */
  watchedBy(hub: string): number[] {
    return column(
      this.#sql,
      `SELECT token FROM adopted_tokens
       WHERE sealed IS NOT NULL AND ${isWatchedSql('adopted_tokens.token', '?')}`,
      hub,
    );
  }

  /** When the first of the tokens was last looked up; undefined if there is none. */
  oldestLookup(tokens: readonly number[]): number | undefined {
    return scalar(
      this.#sql,
      `SELECT MIN(looked_up_at) FROM adopted_tokens
         WHERE sealed IS NOT NULL AND token IN (SELECT value FROM json_each(?))`,
      JSON.stringify(tokens),
    );
  }

  /** Takes the tokens that are due. They are due again at `nextDue`. */
  takeDue(now: number, nextDue: number): { readonly token: number; readonly isWatched: boolean }[] {
    return this.#sql
      .exec<{ token: number; watched: number }>(
        `UPDATE adopted_tokens SET due_at = ? WHERE due_at <= ?
         RETURNING token, ${isWatchedSql('adopted_tokens.token')} AS watched`,
        nextDue,
        now,
      )
      .toArray()
      .map(({ token, watched }) => ({ token, isWatched: watched === 1 }));
  }

  /** When the next token is due, in Unix milliseconds; Infinity if none is. */
  nextDue(): number {
    return scalar<number>(this.#sql, 'SELECT MIN(due_at) FROM adopted_tokens') ?? Infinity;
  }
}
