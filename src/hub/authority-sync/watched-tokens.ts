/**
 * What a hub knows of the tokens of its subscribers and of their policies, and how it stays true: the
 * authority of each tells the hub that something changed, and the hub asks it what. Conversations with
 * one authority follow each other, so that what is older never overwrites what is newer.
 */
import { KeyedQueue } from '../../lib/keyed-queue.ts';
import { logError } from '../../lib/log.ts';
import type { AlarmTask } from '../../objects/alarms.ts';
import type {
  AuthorityStub,
  Change,
  UnusedWatch,
  WatchedState,
} from '../../objects/authority-contract.ts';
import { authorityForOperators, authorityName } from '../../objects/authority-name.ts';
import { callWithRetry } from '../../objects/call.ts';
import { MAX_DECISION_AGE_MS, MAX_NOTICES } from '../../objects/limits.ts';
import type { PolicyText } from '../../policy/policy-set.ts';
import type { HandshakeToken, Principal } from '../../subscription/handshake.ts';
import { stayOf } from '../stay.ts';
import { PolicyCache } from './policy-cache.ts';

/** A token that the hub watches. */
export interface WatchedToken {
  /** The tag of its sockets. */
  readonly tag: string;
  /** Whose shares its sockets use of what many share. */
  readonly owner: string;
  readonly holder: Principal;
}

/** What changes at the subscribers when something changes at an authority. */
export interface Subscribed {
  /** Closes the sockets of a token. @param released whoever holds it can come back with it */
  closeToken(tag: string, released: boolean): void;
  /** Decides anew for those whom a policy concerns. */
  policyChanged(authority: string, policy: string): void;
  hasSocket(tag: string): boolean;
  hasHolders(authority: string): boolean;
  /** The keys of what the subscribers that there are may see, as far as they were asked for. */
  accessKeys(): ReadonlySet<string>;
  /** Closes the sockets of all holders of an authority that does not answer. */
  closeHolders(authority: string): void;
  /** A token expires earlier than the alarm is set for, perhaps. */
  arm(): void;
}

interface Waiting {
  readonly digest: string;
  resolve(watched: WatchedToken | undefined): void;
  reject(error: unknown): void;
}

export class WatchedTokens implements AlarmTask {
  readonly accesses: PolicyCache;
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #subscribed: Subscribed;
  readonly #turns = new KeyedQueue();
  /** Handshakes whose tokens have yet to be watched, by authority. */
  readonly #waiting = new Map<string, Waiting[]>();
  /** Tokens of handshakes under way, by their tag: they have no socket yet. */
  readonly #handshakes = new Map<string, number>();
  /** When the next token expires; undefined until it was looked up. */
  #nextExpiry: number | undefined;
  /** Until when no decision rests on what was heard too long ago; undefined until it was looked up. */
  #confirmed: number | undefined;

  constructor(ctx: DurableObjectState, env: Env, subscribed: Subscribed) {
    this.#ctx = ctx;
    this.#env = env;
    this.#subscribed = subscribed;
    this.accesses = new PolicyCache(ctx.storage.sql, () => subscribed.accessKeys());
  }

  /**
   * Has the authority tell this hub of every change from now on.
   *
   * @returns how things stand, to be released when the handshake has ended; undefined where there is no
   *   such token (any more)
   */
  watch({ authority, digest }: HandshakeToken): Promise<WatchedToken | undefined> {
    const waiting = this.#waiting.get(authority) ?? [];
    this.#waiting.set(authority, waiting);
    const watched = new Promise<WatchedToken | undefined>((resolve, reject) => {
      waiting.push({ digest, resolve, reject });
    });
    // After a deploy everybody comes back at once: those who wait are asked about together.
    this.#turns.share(authority, 'watch', () => this.#watchWaiting(authority));
    return watched;
  }

  /** The handshake has ended, one way or the other. */
  release({ tag }: WatchedToken): void {
    const left = (this.#handshakes.get(tag) ?? 0) - 1;
    if (left > 0) this.#handshakes.set(tag, left);
    else this.#handshakes.delete(tag);
  }

  /** Whether a token that was watched still is. */
  isWatched({ tag }: WatchedToken): boolean {
    return (
      this.#sql.exec('SELECT 1 FROM watched_tokens WHERE key = ?', keyOf(tag)).toArray().length > 0
    );
  }

  /**
   * Told by an authority that something changed.
   *
   * @returns whether this hub has any business with it
   */
  async changed(authority: string): Promise<boolean> {
    if (!this.#knows(authority)) return false;
    await this.#turns.share(authority, 'ask', () => this.#ask(authority));
    return true;
  }

  /**
   * Makes sure that no decision rests on what was heard too long ago. An authority that does not answer
   * costs its subscribers their sockets: they can come back, and miss nothing unawares.
   *
   * @returns undefined where there is nothing to wait for
   */
  confirm(now: number): Promise<unknown> | undefined {
    if (now <= this.#confirmedUntil() && now < this.nextDue()) return undefined;
    const oldest = now - MAX_DECISION_AGE_MS;
    const asked = this.#sql
      .exec<{ authority: string; confirmed_at: number }>(
        `SELECT authority, confirmed_at FROM authorities
         WHERE confirmed_at < ? OR authority IN
           (SELECT authority FROM watched_tokens WHERE expires_at <= ?)`,
        oldest,
        now,
      )
      .toArray();
    if (asked.length === 0) return undefined;
    return Promise.all(
      asked.map(({ authority, confirmed_at }) => this.#confirm(authority, confirmed_at < oldest)),
    );
  }

  /** The same, and closes whom the time has run out for. */
  settle(): Promise<void> | undefined {
    const confirmed = this.confirm(Date.now());
    if (confirmed !== undefined) return confirmed.then(() => this.closeExpired(Date.now()));
    this.closeExpired(Date.now());
    return undefined;
  }

  /** Closes whom the time has run out for. */
  closeExpired(now: number): void {
    if (now < this.nextDue()) return;
    const expired = this.#sql
      .exec<{ key: number }>('DELETE FROM watched_tokens WHERE expires_at <= ? RETURNING key', now)
      .toArray();
    for (const { key } of expired) this.#subscribed.closeToken(tagOf(key), false);
    this.#nextExpiry = undefined;
  }

  /** When the next token expires. */
  nextDue(): number {
    this.#nextExpiry ??=
      this.#sql
        .exec<{ next: number | null }>(
          'SELECT MIN(expires_at) AS next FROM watched_tokens WHERE expires_at IS NOT NULL',
        )
        .one().next ?? Infinity;
    return this.#nextExpiry;
  }

  /** At the alarm: a token that was renewed at the last moment lives on. */
  async run(): Promise<void> {
    await this.confirm(Date.now());
    this.closeExpired(Date.now());
  }

  /** Has the authorities that this hub is known to let go of it. */
  async leave(until: 'until needed' | 'for good'): Promise<void> {
    const stay = stayOf(this.#ctx.storage);
    const forget = (stub: AuthorityStub) =>
      until === 'for good' ? stub.unwatchAll(this.#hub) : stub.unwatchStay(this.#hub, stay);
    const known = this.#sql.exec<{ authority: string }>('SELECT authority FROM authorities');
    await Promise.all(known.toArray().map(({ authority }) => this.#call(authority, forget)));
  }

  /** @param isOld what was heard last is too old to decide by it any longer */
  async #confirm(authority: string, isOld: boolean): Promise<void> {
    try {
      await this.#turns.share(authority, 'ask', () => this.#ask(authority));
    } catch (error) {
      logError(`the authority of namespace ${authority || 'root'} does not answer`, error);
      if (isOld) this.#subscribed.closeHolders(authority);
    }
  }

  /**
   * Nobody is here by a token of this authority any more. The authority learns of it when it next has
   * something to tell: what is sent to it now could come after a new handshake.
   */
  #drop(authority: string): void {
    this.#confirmed = undefined;
    this.accesses.drop(authority);
    for (const table of ['authorities', 'watched_tokens']) {
      this.#sql.exec(`DELETE FROM ${table} WHERE authority = ?`, authority);
    }
  }

  /** Asks what changed and heeds it. */
  async #ask(authority: string): Promise<void> {
    if (!this.#subscribed.hasHolders(authority)) return this.#drop(authority);
    const askedAt = Date.now();
    for (;;) {
      const { taken } = this.#sql
        .exec<{ taken: number }>('SELECT taken FROM authorities WHERE authority = ?', authority)
        .one();
      const {
        changes,
        more,
        asOf = askedAt,
      } = await this.#call(authority, (stub) => stub.pullChanges(this.#hub, taken));
      const idle = changes.flatMap((change) => this.#heed(authority, change));
      this.#confirmed = undefined;
      this.#sql.exec(
        'UPDATE authorities SET taken = ?, confirmed_at = ? WHERE authority = ?',
        changes.at(-1)?.sequence ?? taken,
        Math.min(askedAt, asOf),
        authority,
      );
      if (idle.length > 0) {
        await this.#call(authority, (stub) => stub.unwatch(this.#hub, idle));
      }
      if (!more) return;
    }
  }

  /** Has the authority watch the tokens of all handshakes that wait. */
  async #watchWaiting(authority: string): Promise<void> {
    const waiting = this.#waiting.get(authority) ?? [];
    this.#waiting.delete(authority);
    try {
      this.#confirmed = undefined;
      this.#sql.exec(
        `INSERT INTO authorities (authority, taken, confirmed_at) VALUES (?, 0, ?)
         ON CONFLICT (authority) DO NOTHING`,
        authority,
        Date.now(),
      );
      while (waiting.length > 0) {
        const digests = waiting.slice(0, MAX_NOTICES).map(({ digest }) => digest);
        const { states, texts } = await this.#call(authority, (stub) =>
          stub.watch(digests, this.#hub, stayOf(this.#ctx.storage)),
        );
        this.#setPolicies(authority, states, texts);
        for (const state of states) {
          const token = state && this.#note(authority, state);
          waiting.shift()?.resolve(token);
        }
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  /** @returns the token of the change, where it lives and nobody here holds it */
  #heed(authority: string, change: Change): UnusedWatch[] {
    if ('policy' in change) {
      this.#setPolicy(authority, change.policy, change.text);
      return [];
    }
    const [row] = this.#sql
      .exec<{ key: number }>(
        'SELECT key FROM watched_tokens WHERE authority = ? AND token = ?',
        authority,
        change.token,
      )
      .toArray();
    if (row === undefined) return change.live ? [change] : [];
    const tag = tagOf(row.key);
    const isHeld = this.#handshakes.has(tag) || this.#subscribed.hasSocket(tag);
    if (change.live && isHeld) {
      this.#sql.exec(
        'UPDATE watched_tokens SET expires_at = ? WHERE key = ?',
        change.expiresAt ?? null,
        row.key,
      );
      this.#arm();
      return [];
    }
    this.#sql.exec('DELETE FROM watched_tokens WHERE key = ?', row.key);
    this.#subscribed.closeToken(tag, change.released);
    return change.live ? [change] : [];
  }

  #note(authority: string, state: WatchedState): WatchedToken {
    const { id, policies, identity, owner = `token ${id}`, expiresAt = null } = state;
    const [known] = this.#sql
      .exec<{ key: number; expires_at: number | null }>(
        'SELECT key, expires_at FROM watched_tokens WHERE authority = ? AND token = ?',
        authority,
        id,
      )
      .toArray();
    // Most handshakes are of tokens that are watched already, and write nothing.
    const key = known?.expires_at === expiresAt ? known.key : this.#store(authority, id, expiresAt);
    const tag = tagOf(key);
    this.#handshakes.set(tag, (this.#handshakes.get(tag) ?? 0) + 1);
    return { tag, owner: `${authority}\n${owner}`, holder: { authority, policies, identity } };
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
    this.#arm();
    return key;
  }

  #setPolicies(
    authority: string,
    states: readonly (WatchedState | undefined)[],
    texts: readonly PolicyText[],
  ): void {
    const names = new Set(states.flatMap((state) => state?.policies ?? []));
    const byName = new Map(texts.map((text) => [text.name, text]));
    for (const name of names) this.#setPolicy(authority, name, byName.get(name));
  }

  #setPolicy(authority: string, name: string, text: PolicyText | undefined): void {
    if (this.accesses.setPolicy(authority, name, text)) {
      this.#subscribed.policyChanged(authority, name);
    }
  }

  #knows(authority: string): boolean {
    return (
      this.#turns.has(authority) ||
      this.#sql.exec('SELECT 1 FROM authorities WHERE authority = ?', authority).toArray().length >
        0
    );
  }

  #confirmedUntil(): number {
    this.#confirmed ??=
      this.#sql
        .exec<{ oldest: number | null }>('SELECT MIN(confirmed_at) AS oldest FROM authorities')
        .one().oldest ?? Infinity;
    return this.#confirmed + MAX_DECISION_AGE_MS;
  }

  #arm(): void {
    this.#nextExpiry = undefined;
    this.#subscribed.arm();
  }

  get #sql(): SqlStorage {
    return this.#ctx.storage.sql;
  }

  get #hub(): string {
    return this.#ctx.id.name ?? '';
  }

  #call<T>(key: string, call: (stub: AuthorityStub) => Promise<T>): Promise<T> {
    return callWithRetry(
      () => call(this.#env.AUTHORITY.getByName(authorityName(key))),
      authorityForOperators(key),
    );
  }
}

function tagOf(key: number): string {
  return `token ${key}`;
}

function keyOf(tag: string): number {
  return Number(tag.slice('token '.length));
}
