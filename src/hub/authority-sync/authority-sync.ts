/**
 * Keeps the hub in sync with the authorities of its subscribers. An authority tells the hub that something has
 * changed, and the hub pulls the changes. Exchanges with one authority follow each other, so that an older answer
 * never overwrites a newer one.
 */

import { KeyedQueue } from '../../lib/keyed-queue.ts';
import { logError } from '../../lib/log.ts';
import { RecentCount } from '../../lib/recent-count.ts';
import type { Change, UnusedWatch, WatchedState } from '../../objects/authority-contract.ts';
import { LOOK_UP_PAUSE_MS, MAX_DECISION_AGE_MS, MAX_LOOK_UPS } from '../../objects/limits.ts';
import { subscriberHubOfObject } from '../../objects/names.ts';
import { type AuthorityStub, callAuthorityFromHub } from '../../objects/stubs.ts';
import type { PolicyText } from '../../policy/policy-set.ts';
import type { HandshakeToken, Lease } from '../../subscription/handshake.ts';
import type { HubMeter } from '../hub-meter.ts';
import { incarnationOf } from '../incarnation.ts';
import { KEPT_WATCH_MS } from '../limits.ts';
import type { AccessChanges } from './access-changes.ts';
import type { PolicyTexts } from './policy-texts.ts';
import type { SyncedAuthorities } from './synced-authorities.ts';
import type { WatchedToken, WatchedTokens } from './watched-tokens.ts';

interface AuthoritySyncParts {
  readonly authorities: SyncedAuthorities;
  readonly tokens: WatchedTokens;
  readonly policies: PolicyTexts;
  readonly accessChanges: AccessChanges;
  readonly meter: HubMeter;
}

/** A handshake whose token is not watched yet. */
interface Waiting {
  readonly digest: string;
  resolve(watched: WatchedToken | undefined): void;
  reject(error: unknown): void;
}

export class AuthoritySync {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #authorities: SyncedAuthorities;
  readonly #tokens: WatchedTokens;
  readonly #policies: PolicyTexts;
  readonly #accessChanges: AccessChanges;
  readonly #meter: HubMeter;
  readonly #exchanges = new KeyedQueue();
  readonly #recentWatches = new RecentCount();
  /** Since when an authority has been without subscribers. Unix milliseconds. */
  readonly #unusedSince = new Map<string, number>();
  /** By authority. */
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(ctx: DurableObjectState, env: Env, parts: AuthoritySyncParts) {
    this.#ctx = ctx;
    this.#env = env;
    this.#authorities = parts.authorities;
    this.#tokens = parts.tokens;
    this.#policies = parts.policies;
    this.#accessChanges = parts.accessChanges;
    this.#meter = parts.meter;
  }

  /**
   * Has the authority tell this hub of every change of a token from now on.
   *
   * @returns the token, until `endHandshake`; undefined if there is no such token
   */
  watch({ authority, digest }: HandshakeToken): Promise<WatchedToken | undefined> {
    const waiting = this.#waiting.get(authority) ?? [];
    this.#waiting.set(authority, waiting);
    const watched = new Promise<WatchedToken | undefined>((resolve, reject) => {
      waiting.push({ digest, resolve, reject });
    });
    // After a deploy all subscribers reconnect at once: the tokens that wait are watched together, the more the longer the
    // herd lasts.
    this.#exchanges.enqueue(authority, 'watch', () => this.#watchWaiting(authority));
    return watched;
  }

  /**
   * Finds a token that this hub watches still. What it knows of the rights is as recent as for a delivery.
   *
   * @returns the token, until `endHandshake`; undefined if the hub does not watch it, or the authority does not answer
   */
  async resume({ authority, token }: Lease): Promise<WatchedToken | undefined> {
    const now = Date.now();
    if (!this.#authorities.has(authority)) return undefined;
    const watched = this.#tokens.resumeHandshake(authority, token, now);
    if (watched === undefined) return undefined;
    await this.confirm(now);
    const isConfirmed = !this.#authorities
      .confirmedBefore(now - MAX_DECISION_AGE_MS)
      .includes(authority);
    if (isConfirmed && this.#tokens.isWatched(watched)) return watched;
    this.#tokens.endHandshake(watched);
    return undefined;
  }

  /**
   * An authority says that something has changed.
   *
   * @returns whether this hub has subscribers with tokens of this authority
   */
  async authorityChanged(authority: string): Promise<boolean> {
    if (!this.#exchanges.has(authority) && !this.#authorities.has(authority)) return false;
    await this.#pullChanges(authority);
    return true;
  }

  /**
   * Refreshes tokens and policies that the hub learnt too long ago. If an authority does not answer, its
   * subscribers are closed: they may reconnect, and know that they may miss events.
   *
   * @returns undefined if there is nothing to wait for
   */
  confirm(now: number): Promise<unknown> | undefined {
    const oldest = now - MAX_DECISION_AGE_MS;
    if (oldest <= this.#authorities.oldestConfirmation && now < this.#tokens.nextExpiry) {
      return undefined;
    }
    const outdated = new Set(this.#authorities.confirmedBefore(oldest));
    const asked = new Set([...outdated, ...this.#tokens.authoritiesOfExpired(now)]);
    if (asked.size === 0) return undefined;
    return Promise.all(
      Array.from(asked, async (authority) => {
        try {
          await this.#pullChanges(authority);
        } catch (error) {
          logError(`the authority of namespace ${authority || 'root'} does not answer`, error);
          if (outdated.has(authority)) this.#accessChanges.authorityUnreachable(authority);
        }
      }),
    );
  }

  /** Has the authorities end the watches of this hub. */
  async unwatchAll(why: 'idle' | 'deleted'): Promise<void> {
    const incarnation = incarnationOf(this.#ctx.storage);
    const end = (stub: AuthorityStub) =>
      why === 'deleted'
        ? stub.unwatchAll(this.#hub)
        : stub.unwatchIncarnation(this.#hub, incarnation);
    await Promise.all(this.#authorities.all().map((authority) => this.#call(authority, end)));
  }

  #pullChanges(authority: string): Promise<void> {
    return this.#exchanges.enqueue(authority, 'pull', async () => {
      if (this.#isAbandoned(authority)) this.#forget(authority);
      else while (await this.#pullSomeChanges(authority));
    });
  }

  /** After a deploy all subscribers have gone, and reconnect with leases: so all watches are kept for a while. */
  #isAbandoned(authority: string): boolean {
    if (this.#isUsed(authority)) {
      this.#unusedSince.delete(authority);
      return false;
    }
    const now = Date.now();
    const since = this.#unusedSince.get(authority) ?? now;
    this.#unusedSince.set(authority, since);
    return now - since >= KEPT_WATCH_MS;
  }

  /** A handshake has no class yet while it computes the tag of its owner. */
  #isUsed(authority: string): boolean {
    return (
      this.#tokens.hasHandshakeOf(authority) || this.#accessChanges.hasSubscribersOf(authority)
    );
  }

  /** @returns whether there are more */
  async #pullSomeChanges(authority: string): Promise<boolean> {
    const askedAt = Date.now();
    const lastNotice = this.#authorities.lastNotice(authority);
    const {
      changes,
      more,
      generation,
      asOf = askedAt,
    } = await this.#call(authority, (stub) => stub.pullChanges(this.#hub, lastNotice));
    this.#follow(authority, generation);
    const unused = changes.flatMap((change) => this.#apply(authority, change));
    this.#authorities.confirm(
      authority,
      changes.at(-1)?.sequence ?? this.#authorities.lastNotice(authority),
      Math.min(askedAt, asOf),
    );
    if (unused.length > 0) await this.#call(authority, (stub) => stub.unwatch(this.#hub, unused));
    return more;
  }

  /** @returns the change, if its token is valid and nobody uses it here */
  #apply(authority: string, change: Change): UnusedWatch[] {
    if (change.kind === 'policy') {
      this.#setPolicy(authority, change.policy, change.text);
      return [];
    }
    const { token, live, released, expiresAt } = change;
    const tag = this.#tokens.tagOf(authority, token);
    if (tag === undefined) return live ? [change] : [];
    if (live && (this.#unusedSince.has(authority) || this.#tokens.isInUse(tag))) {
      this.#tokens.setExpiry(tag, expiresAt);
      return [];
    }
    this.#tokens.delete(tag);
    if (released) this.#accessChanges.tokenReleased(tag);
    else this.#accessChanges.tokenEnded(tag);
    return live ? [change] : [];
  }

  /**
   * The hub has no subscriber with a token of this authority. The authority learns that when it next has something
   * to tell: a call now could arrive after a new handshake.
   */
  #forget(authority: string): void {
    this.#policies.deleteOf(authority);
    this.#authorities.delete(authority);
    this.#tokens.deleteOf(authority);
    this.#unusedSince.delete(authority);
  }

  /** An authority that was restored has ended all tokens that it gave before. */
  #follow(authority: string, generation: number | undefined): void {
    if (generation === undefined || generation === this.#authorities.generation(authority)) return;
    for (const tag of this.#tokens.deleteOf(authority)) this.#accessChanges.tokenEnded(tag);
    this.#policies.deleteOf(authority);
    this.#authorities.setGeneration(authority, generation);
  }

  async #watchWaiting(authority: string): Promise<void> {
    const pause = LOOK_UP_PAUSE_MS * this.#recentWatches.at(Date.now());
    if (pause >= 1) await scheduler.wait(pause);
    const waiting = this.#waiting.get(authority) ?? [];
    this.#waiting.delete(authority);
    // Those that came during the pause enqueued another task, which finds that they were taken.
    if (waiting.length === 0) return;
    try {
      this.#authorities.add(authority, Date.now());
      while (waiting.length > 0) {
        this.#recentWatches.add(Date.now());
        const digests = waiting.slice(0, MAX_LOOK_UPS).map(({ digest }) => digest);
        const { states, texts, generation } = await this.#call(authority, (stub) =>
          stub.watch(digests, this.#hub, incarnationOf(this.#ctx.storage)),
        );
        this.#follow(authority, generation);
        this.#setPolicies(authority, states, texts);
        for (const state of states) {
          const token = state && this.#tokens.beginHandshake(authority, state);
          waiting.shift()?.resolve(token);
        }
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
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
    if (this.#policies.set(authority, name, text))
      this.#accessChanges.policyChanged(authority, name);
  }

  get #hub(): string {
    return subscriberHubOfObject(this.#ctx.id.name);
  }

  #call<T>(authority: string, call: (stub: AuthorityStub) => Promise<T>): Promise<T> {
    this.#meter.counts.authorityCalls++;
    return callAuthorityFromHub(this.#env, authority, call);
  }
}
