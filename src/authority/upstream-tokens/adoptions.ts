/**
 * Tokens of the upstream. The upstream notifies nobody when one ends, so each is looked up again: before a hub decides by
 * what it learnt a minute ago, when the token would expire (it may have been renewed), and once an hour otherwise. A token
 * that cannot be looked up is released: it ends here, and is adopted again when its holder comes back with it.
 */

import { parseUpstream } from '../../config/config.ts';
import { rootTokensOf } from '../../config/root-tokens.ts';
import type { Variables } from '../../config/variables.ts';
import type { Result } from '../../lib/result.ts';
import { ancestorsOf, pathOfKey } from '../../namespace/namespace.ts';
import type { AlarmTask } from '../../objects/alarms.ts';
import type { TokenState } from '../../objects/authority-contract.ts';
import { LOOKUP_CACHE_MS, MAX_DECISION_AGE_MS, MAX_SUBSCRIPTION_MS } from '../../objects/limits.ts';
import { inTime } from '../../outbound/upstream/in-time.ts';
import { lookUp } from '../../outbound/upstream/lookup.ts';
import { sealToken, unsealToken } from '../../outbound/upstream/seal.ts';
import type { UpstreamToken } from '../../outbound/upstream/token.ts';
import { ownerOfNew } from '../../token/owner.ts';
import type { TokenRecord } from '../../token/token-record.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { MAX_CONCURRENT_LOOKUPS, UPSTREAM_RECHECK_MS } from '../limits.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Policies } from '../policies.ts';
import type { Revocation } from '../tokens/revocation.ts';
import { tokenState } from '../tokens/token-service.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import type { AdoptedToken, AdoptedTokens } from './adopted-tokens.ts';
import { hasMoved, isSameToken, requestOf } from './adoption-rules.ts';

/** Why a token is not confirmed: it has ended, or the upstream did not say. */
interface Unconfirmed {
  readonly reason: 'ended' | 'unknown';
}

const ENDED: Result<never, Unconfirmed> = { ok: false, failure: { reason: 'ended' } };
const UNKNOWN: Result<never, Unconfirmed> = { ok: false, failure: { reason: 'unknown' } };

/** What a look-up resulted in. */
type Outcome = 'confirmed' | Unconfirmed['reason'];

interface Parts {
  readonly ctx: DurableObjectState;
  readonly env: Variables;
  /** Its key. */
  readonly namespace: string;
  readonly lifecycle: Lifecycle;
  readonly tokens: TokenStore;
  readonly adopted: AdoptedTokens;
  readonly policies: Policies;
  readonly revocation: Revocation;
  readonly outbox: Outbox;
}

export class Adoptions implements AlarmTask {
  readonly #parts: Parts;
  /** Look-ups under way, by token: hubs that ask at the same time share one. */
  readonly #lookups = new Map<number, Promise<Outcome>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  adopt(
    digest: string,
    token: UpstreamToken,
    sealed: ArrayBuffer,
    lookedUpAt: number,
  ): TokenState | undefined {
    const { tokens, adopted, policies, outbox } = this.#parts;
    // Also one that has expired, as far as this authority knew.
    const known = tokens.find({ digest }, 0);
    if (known !== undefined && isSameToken(known, token)) {
      this.#confirm(known, token, { token: known.id, sealed, lookedUpAt }, MAX_DECISION_AGE_MS);
    } else {
      if (known !== undefined) this.#release(known.id);
      // Vault accepts its tokens in more than one spelling. Only the last that came is known here.
      const spelled = tokens.find({ accessor: token.accessor }, 0);
      if (spelled !== undefined) this.#release(spelled.id);
      const request = requestOf(token);
      const owner = ownerOfNew(request, undefined);
      if (tokens.isFull() || !tokens.isWithinShare(owner)) return undefined;
      const { id } = tokens.add(request, owner, digest, token.accessor, lookedUpAt);
      adopted.put({ token: id, sealed, lookedUpAt }, lookedUpAt + MAX_DECISION_AGE_MS);
    }
    outbox.send();
    const record = tokens.find({ digest }, 0);
    return record && tokenState(record, policies);
  }

  /** The tokens that a hub watches and that were looked up too long ago to decide by them. */
  outdated(hub: string): number[] {
    const { adopted } = this.#parts;
    return adopted.lookedUpBefore(Date.now() - LOOKUP_CACHE_MS, adopted.watchedBy(hub));
  }

  /** When the first of the tokens that a hub watches was last looked up; undefined if it watches none. */
  oldestLookup(hub: string): number | undefined {
    const { adopted } = this.#parts;
    return adopted.oldestLookup(adopted.watchedBy(hub));
  }

  /** Looks tokens up again, unless they just were. Releases those that the upstream does not confirm or end. */
  async confirm(tokens: readonly number[]): Promise<void> {
    const before = Date.now() - LOOKUP_CACHE_MS;
    const outdated = this.#parts.adopted.lookedUpBefore(before, tokens);
    await this.#lookUpAll(outdated, (token, outcome) => {
      if (outcome === 'unknown') this.#release(token);
    });
  }

  /** When the next look-up is due. */
  nextDue(): number {
    return this.#parts.adopted.nextDue();
  }

  /** Looks up the tokens that are due, and removes those that nobody watches. */
  run(now: number): void {
    const { adopted, tokens, revocation, outbox } = this.#parts;
    const due = adopted.takeDue(now, now + MAX_DECISION_AGE_MS);
    for (const { token } of due.filter(({ isWatched }) => !isWatched)) {
      revocation.revokeTree(token);
      adopted.remove(token);
    }
    const watched = due.filter(({ isWatched }) => isWatched).map(({ token }) => token);
    const looked = this.#lookUpAll(watched, (token, outcome) => {
      // A hub that is notified and has no subscriber with the token ends its watch.
      if (outcome === 'confirmed') outbox.tokenChanged(token);
      const hasExpired = tokens.find({ id: token }, Date.now()) === undefined;
      if (outcome === 'unknown' && hasExpired) this.#release(token);
    });
    this.#parts.ctx.waitUntil(looked);
  }

  async #lookUpAll(
    tokens: readonly number[],
    apply: (token: number, outcome: Outcome) => void,
  ): Promise<void> {
    if (tokens.length === 0) return;
    const { lifecycle, outbox } = this.#parts;
    let next = 0;
    const worker = async (signal: AbortSignal) => {
      for (let token = tokens[next++]; token !== undefined; token = tokens[next++]) {
        const outcome = await this.#lookUp(token, signal);
        if (lifecycle.isOpen) apply(token, outcome);
      }
    };
    const workers = Math.min(MAX_CONCURRENT_LOOKUPS, tokens.length);
    await inTime((signal) => Promise.all(Array.from({ length: workers }, () => worker(signal))));
    if (lifecycle.isOpen) outbox.send();
  }

  #lookUp(token: number, signal: AbortSignal): Promise<Outcome> {
    const underWay = this.#lookups.get(token);
    if (underWay !== undefined) return underWay;
    const lookup = this.#refresh(token, signal).finally(() => this.#lookups.delete(token));
    this.#lookups.set(token, lookup);
    return lookup;
  }

  /** Looks a token up and applies what the upstream says. */
  async #refresh(token: number, signal: AbortSignal): Promise<Outcome> {
    const { lifecycle, tokens, adopted, revocation } = this.#parts;
    const before = adopted.get(token);
    const digest = tokens.digestOf(token);
    if (before === undefined || digest === undefined) return 'ended';
    const lookedUpAt = Date.now();
    const found = await this.#ask(before, digest, signal);
    // Another request may have ended it meanwhile, or the whole namespace.
    if (!lifecycle.isOpen) return 'ended';
    const record = tokens.find({ id: token }, 0);
    const after = adopted.get(token);
    if (record === undefined || after === undefined) return 'ended';
    if (!found.ok) {
      if (found.failure.reason === 'ended') revocation.revokeTree(token);
      // Its holder may have come back with it meanwhile.
      else if (after.lookedUpAt > before.lookedUpAt) return 'confirmed';
      return found.failure.reason;
    }
    if (!isSameToken(record, found.value)) {
      this.#release(token);
      return 'ended';
    }
    this.#confirm(record, found.value, { ...after, lookedUpAt }, UPSTREAM_RECHECK_MS);
    return 'confirmed';
  }

  async #ask(
    { token, sealed }: AdoptedToken,
    digest: string,
    signal: AbortSignal,
  ): Promise<Result<UpstreamToken, Unconfirmed>> {
    const { env, namespace: key, lifecycle, adopted } = this.#parts;
    const upstream = parseUpstream(env);
    if (!upstream.ok || upstream.value === undefined) return UNKNOWN;
    const rootTokens = rootTokensOf(env);
    const opened = await unsealToken(sealed, digest, rootTokens);
    if (opened === undefined) return UNKNOWN;
    const { secret, isCurrent } = opened;
    if (!isCurrent) {
      const resealed = await sealToken(secret, digest, rootTokens);
      if (lifecycle.isOpen) adopted.reseal(token, sealed, resealed);
    }
    const namespace = pathOfKey(key);
    const asked = { secret, digest, namespaces: [namespace, ...ancestorsOf(namespace)] };
    const found = await lookUp(asked, upstream.value, signal);
    if (found.ok) return found;
    return found.failure.reason === 'bad_gateway' ? UNKNOWN : ENDED;
  }

  /** Stores that a token was looked up. @param validMs after which it is looked up again at the latest */
  #confirm(record: TokenRecord, token: UpstreamToken, looked: AdoptedToken, validMs: number): void {
    const { tokens, adopted, outbox } = this.#parts;
    const expiresAt = token.ttl === 0 ? undefined : looked.lookedUpAt + token.ttl * 1000;
    if (hasMoved(record.expiresAt, expiresAt)) {
      tokens.setExpiry(record.id, expiresAt);
      outbox.tokenChanged(record.id);
    }
    adopted.put(looked, Math.min(expiresAt ?? Infinity, looked.lookedUpAt + validMs));
  }

  /** Ends a token here that may live at the upstream. Its subscribers come back, and it is looked up again. */
  #release(token: number): void {
    const { adopted, revocation } = this.#parts;
    revocation.revokeTree(token);
    adopted.putReleased(token, Date.now() + MAX_SUBSCRIPTION_MS);
  }
}
