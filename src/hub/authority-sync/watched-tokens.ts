/** The tokens of the hub's subscribers. The authority of each tells the hub when it changes. */

import type { Alarms } from '../../objects/alarms.ts';
import type { WatchedState } from '../../objects/authority-contract.ts';
import type { Identity } from '../../policy/identity.ts';
import type { Principal } from '../../subscription/handshake.ts';
import { isOpen } from '../subscribers/subscription-classes.ts';

export interface WatchedToken {
  /** Its id at the authority of the principal. */
  readonly token: number;
  /** The tag of its sockets. */
  readonly tag: string;
  /** Whose shares its sockets use. */
  readonly owner: string;
  readonly principal: Principal;
}

/** Whose a token is, as its authority said at the last handshake with it. */
interface Holder {
  readonly policies: readonly string[];
  readonly identity: Identity | undefined;
  readonly owner: string;
}

type Row = {
  readonly key: number;
  readonly expires_at: number | null;
  /** NULL if release 0.2 has stored it. */
  readonly holder: string | null;
};

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
    const holder = JSON.stringify({ policies, identity, owner } satisfies Holder);
    const known = this.#find(authority, id);
    // Most handshakes have a token that is watched already, and write nothing.
    const isStored = known?.expires_at === expiresAt && known.holder === holder;
    const key = isStored ? known.key : this.#store(authority, id, expiresAt, holder);
    return this.#begin(key, authority, id, { policies, identity, owner });
  }

  /**
   * The same for a lease: the authority is not asked.
   *
   * @returns undefined if the hub does not watch the token, or did not note whose it is
   */
  resumeHandshake(authority: string, token: number, now: number): WatchedToken | undefined {
    const known = this.#find(authority, token);
    if (known?.holder == null || (known.expires_at ?? Infinity) <= now) return undefined;
    return this.#begin(known.key, authority, token, JSON.parse(known.holder) as Holder);
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

  #find(authority: string, token: number): Row | undefined {
    const [row] = this.#sql
      .exec<Row>(
        'SELECT key, expires_at, holder FROM watched_tokens WHERE authority = ? AND token = ?',
        authority,
        token,
      )
      .toArray();
    return row;
  }

  #begin(key: number, authority: string, token: number, holder: Holder): WatchedToken {
    const tag = tagOf(key);
    this.#handshakes.set(tag, (this.#handshakes.get(tag) ?? 0) + 1);
    const { policies, identity, owner } = holder;
    return {
      token,
      tag,
      owner: `${authority}\n${owner}`,
      principal: { authority, policies, identity },
    };
  }

  #store(authority: string, token: number, expiresAt: number | null, holder: string): number {
    const { key } = this.#sql
      .exec<{ key: number }>(
        `INSERT INTO watched_tokens (authority, token, expires_at, holder) VALUES (?, ?, ?, ?)
         ON CONFLICT (authority, token) DO UPDATE
           SET expires_at = excluded.expires_at, holder = excluded.holder
         RETURNING key`,
        authority,
        token,
        expiresAt,
        holder,
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
