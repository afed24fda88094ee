/** The tokens of the hub's subscribers. The authority of each tells the hub when it changes. */

import type { Alarms } from '../../objects/alarms.ts';
import type { WatchedState } from '../../objects/authority-contract.ts';
import type { Principal } from '../../subscription/handshake.ts';
import { isOpen } from '../subscribers/subscription-classes.ts';

export interface WatchedToken {
  /** The tag of its sockets. */
  readonly tag: string;
  /** Whose shares its sockets use. */
  readonly owner: string;
  readonly principal: Principal;
}

export class WatchedTokens {
  readonly #ctx: DurableObjectState;
  readonly #sql: SqlStorage;
  readonly #alarms: Alarms;
  /** How many handshakes are in progress, by the tag of their token: they have no socket yet. */
  readonly #handshakes = new Map<string, number>();
  /** Undefined until it was read. */
  #nextExpiry: number | undefined;

  constructor(ctx: DurableObjectState, alarms: Alarms) {
    this.#ctx = ctx;
    this.#sql = ctx.storage.sql;
    this.#alarms = alarms;
  }

  /** Stores the token of a handshake, which ends with `endHandshake`. */
  beginHandshake(authority: string, state: WatchedState): WatchedToken {
    const { id, policies, identity, owner = `token ${id}`, expiresAt = null } = state;
    const [known] = this.#sql
      .exec<{ key: number; expires_at: number | null }>(
        'SELECT key, expires_at FROM watched_tokens WHERE authority = ? AND token = ?',
        authority,
        id,
      )
      .toArray();
    // Most handshakes have a token that is watched already, and write nothing.
    const key = known?.expires_at === expiresAt ? known.key : this.#store(authority, id, expiresAt);
    const tag = tagOf(key);
    this.#handshakes.set(tag, (this.#handshakes.get(tag) ?? 0) + 1);
    return { tag, owner: `${authority}\n${owner}`, principal: { authority, policies, identity } };
  }

  /** The handshake was accepted or rejected. */
  endHandshake({ tag }: WatchedToken): void {
    const left = (this.#handshakes.get(tag) ?? 0) - 1;
    if (left > 0) this.#handshakes.set(tag, left);
    else this.#handshakes.delete(tag);
  }

  /** Whether a handshake with a token of the authority is in progress. */
  hasHandshakeOf(authority: string): boolean {
    if (this.#handshakes.size === 0) return false;
    return this.#sql
      .exec<{ key: number }>('SELECT key FROM watched_tokens WHERE authority = ?', authority)
      .toArray()
      .some(({ key }) => this.#handshakes.has(tagOf(key)));
  }

  isWatched({ tag }: WatchedToken): boolean {
    return (
      this.#sql.exec('SELECT 1 FROM watched_tokens WHERE key = ?', keyOf(tag)).toArray().length > 0
    );
  }

  /** Whether a subscriber or a handshake uses the token. */
  isInUse(tag: string): boolean {
    return this.#handshakes.has(tag) || this.#ctx.getWebSockets(tag).some(isOpen);
  }

  /** The tag of a token that is watched. */
  tagOf(authority: string, token: number): string | undefined {
    const [row] = this.#sql
      .exec<{ key: number }>(
        'SELECT key FROM watched_tokens WHERE authority = ? AND token = ?',
        authority,
        token,
      )
      .toArray();
    return row && tagOf(row.key);
  }

  /** The token with one of these tags; undefined for a socket of the root token. */
  find(tags: readonly string[]): { authority: string; id: number } | undefined {
    const tag = tags.find((each) => each.startsWith(TAG));
    if (tag === undefined) return undefined;
    return this.#sql
      .exec<{ authority: string; id: number }>(
        'SELECT authority, token AS id FROM watched_tokens WHERE key = ?',
        keyOf(tag),
      )
      .toArray()[0];
  }

  setExpiry(tag: string, expiresAt: number | undefined): void {
    this.#sql.exec(
      'UPDATE watched_tokens SET expires_at = ? WHERE key = ?',
      expiresAt ?? null,
      keyOf(tag),
    );
    this.#expiryChanged();
  }

  /** When the next token expires; Infinity if none does. Unix milliseconds. */
  get nextExpiry(): number {
    this.#nextExpiry ??=
      this.#sql
        .exec<{ next: number | null }>(
          'SELECT MIN(expires_at) AS next FROM watched_tokens WHERE expires_at IS NOT NULL',
        )
        .one().next ?? Number.POSITIVE_INFINITY;
    return this.#nextExpiry;
  }

  /** The authorities of the tokens that have expired, as far as the hub knows. */
  authoritiesOfExpired(now: number): string[] {
    return this.#sql
      .exec<{ authority: string }>(
        'SELECT DISTINCT authority FROM watched_tokens WHERE expires_at <= ?',
        now,
      )
      .toArray()
      .map(({ authority }) => authority);
  }

  delete(tag: string): void {
    this.#sql.exec('DELETE FROM watched_tokens WHERE key = ?', keyOf(tag));
  }

  /** @returns the tags of the tokens */
  deleteOf(authority: string): string[] {
    this.#nextExpiry = undefined;
    return this.#sql
      .exec<{ key: number }>(
        'DELETE FROM watched_tokens WHERE authority = ? RETURNING key',
        authority,
      )
      .toArray()
      .map(({ key }) => tagOf(key));
  }

  /** @returns the tags of the expired tokens */
  deleteExpired(now: number): string[] {
    this.#nextExpiry = undefined;
    return this.#sql
      .exec<{ key: number }>('DELETE FROM watched_tokens WHERE expires_at <= ? RETURNING key', now)
      .toArray()
      .map(({ key }) => tagOf(key));
  }

  #store(authority: string, token: number, expiresAt: number | null): number {
    const { key } = this.#sql
      .exec<{ key: number }>(
        `INSERT INTO watched_tokens (authority, token, expires_at) VALUES (?, ?, ?)
         ON CONFLICT (authority, token) DO UPDATE SET expires_at = excluded.expires_at
         RETURNING key`,
        authority,
        token,
        expiresAt,
      )
      .one();
    this.#expiryChanged();
    return key;
  }

  #expiryChanged(): void {
    this.#nextExpiry = undefined;
    this.#alarms.arm();
  }
}

const TAG = 'token ';

function tagOf(key: number): string {
  return `${TAG}${key}`;
}

function keyOf(tag: string): number {
  return Number(tag.slice(TAG.length));
}
