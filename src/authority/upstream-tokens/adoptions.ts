/**
 * Tokens of the upstream, which cannot tell when one of them ends. So each is looked up again: before a hub
 * decides by what it heard of it a minute ago, when it would expire (it may have been renewed), and once an
 * hour otherwise. What cannot be looked up is let go of; its subscribers come back, and it is adopted anew.
 */

import { ancestorsOf, pathOfKey } from '../../namespace/namespace.ts';
import type { TokenState } from '../../objects/authority-contract.ts';
import { LOOKUP_CACHE_MS, MAX_DECISION_AGE_MS, MAX_SUBSCRIPTION_MS } from '../../objects/limits.ts';
import { parseUpstream } from '../../outbound/upstream/address.ts';
import { inTime, lookUp } from '../../outbound/upstream/lookup.ts';
import { unseal } from '../../outbound/upstream/seal.ts';
import type { UpstreamToken } from '../../outbound/upstream/token.ts';
import type { Identity } from '../../policy/identity.ts';
import { ownerOfNew } from '../../token/owner.ts';
import type { TokenRecord, TokenRequest } from '../../token/token-record.ts';
import type { Keeper } from '../keeper.ts';
import {
  MAX_CONCURRENT_LOOKUPS,
  UPSTREAM_RECHECK_MS,
  UPSTREAM_TTL_TOLERANCE_MS,
} from '../limits.ts';
import { stateOf } from '../tokens/answers.ts';
import type { AdoptedToken } from './adopted-tokens.ts';

/** What a look-up came to. */
type Outcome = 'confirmed' | 'ended' | 'unknown';

/** The secret, and the setting of the local server, which `wrangler.toml` does not have. */
type Settings = Env & { readonly ROOT_TOKEN?: string; readonly ALLOW_LOOPBACK_HTTP?: string };

export class Adoptions {
  readonly #ctx: DurableObjectState;
  readonly #settings: Settings;
  readonly #key: string;
  readonly #keeper: Keeper;
  /** Look-ups under way, by token: hubs that ask at the same time share one. */
  readonly #asked = new Map<number, Promise<Outcome>>();

  /** @param key of the namespace */
  constructor(ctx: DurableObjectState, env: Settings, key: string, keeper: Keeper) {
    this.#ctx = ctx;
    this.#settings = env;
    this.#key = key;
    this.#keeper = keeper;
  }

  /**
   * Takes in a token that was looked up.
   *
   * @param heardAt when it was, in Unix milliseconds
   * @returns undefined where there are as many tokens as are allowed
   */
  adopt(
    digest: string,
    token: UpstreamToken,
    sealed: ArrayBuffer,
    heardAt: number,
  ): TokenState | undefined {
    const stores = this.#keeper.open();
    // Also one that has expired, as far as this authority knew.
    const known = stores.tokens.find({ digest }, 0);
    if (known !== undefined && isSame(known, token)) {
      this.#heard(known, token, sealed, { at: heardAt, forMs: MAX_DECISION_AGE_MS });
    } else {
      if (known !== undefined) this.#release(known.id);
      // Vault takes its tokens in more than one spelling; the last that came is the one that is known.
      const spelled = stores.tokens.find({ accessor: token.accessor }, 0);
      if (spelled !== undefined) this.#release(spelled.id);
      const request = requestOf(token);
      const owner = ownerOfNew(request, undefined);
      if (!stores.tokens.hasRoom() || !stores.tokens.isWithinShare(owner)) return undefined;
      const { id } = stores.tokens.add(request, owner, digest, token.accessor, heardAt);
      stores.adopted.put(id, sealed, heardAt, heardAt + MAX_DECISION_AGE_MS);
    }
    this.#keeper.settle();
    const record = stores.tokens.find({ digest }, 0);
    return record && stateOf(stores, record);
  }

  /** The tokens of a hub that were looked up too long ago for it to go on by them. */
  oldOf(hub: string): number[] {
    const { adopted } = this.#keeper.open();
    return adopted.heardBefore(Date.now() - LOOKUP_CACHE_MS, adopted.watchedBy(hub));
  }

  /** How old the oldest of what is known of the tokens of a hub is: Unix milliseconds. */
  heardAt(hub: string): number | undefined {
    const { adopted } = this.#keeper.open();
    return adopted.heardAt(adopted.watchedBy(hub));
  }

  /** Looks tokens up again, unless it was done just now; lets go of those of which nothing can be learnt. */
  async confirm(tokens: readonly number[]): Promise<void> {
    const before = Date.now() - LOOKUP_CACHE_MS;
    const old = this.#keeper.open().adopted.heardBefore(before, tokens);
    await this.#askAll(old, (token, outcome) => {
      if (outcome === 'unknown') this.#release(token);
    });
  }

  /** At the alarm: looks up what is due, and lets go of what nobody holds. */
  ring(): void {
    if (!this.#keeper.lives()) return;
    const { adopted, tokens, watches } = this.#keeper.open();
    const now = Date.now();
    const due = adopted.takeDue(now, now + MAX_DECISION_AGE_MS);
    for (const { token } of due.filter(({ isWatched }) => !isWatched)) {
      this.#keeper.revokeTree(token);
      adopted.remove(token);
    }
    const held = due.filter(({ isWatched }) => isWatched).map(({ token }) => token);
    const asked = this.#askAll(held, (token, outcome) => {
      // A hub that has nobody left by the token says so when it is told of it.
      if (outcome === 'confirmed') this.#keeper.notify(watches.tokenChanged(token));
      const hasExpired = tokens.find({ id: token }, Date.now()) === undefined;
      if (outcome === 'unknown' && hasExpired) this.#release(token);
    });
    this.#ctx.waitUntil(asked);
  }

  async #askAll(
    tokens: readonly number[],
    heed: (token: number, outcome: Outcome) => void,
  ): Promise<void> {
    if (tokens.length === 0) return;
    let next = 0;
    const worker = async (signal: AbortSignal) => {
      for (let token = tokens[next++]; token !== undefined; token = tokens[next++]) {
        const outcome = await this.#ask(token, signal);
        if (this.#keeper.lives()) heed(token, outcome);
      }
    };
    const workers = Math.min(MAX_CONCURRENT_LOOKUPS, tokens.length);
    await inTime((signal) => Promise.all(Array.from({ length: workers }, () => worker(signal))));
    if (this.#keeper.lives()) this.#keeper.settle();
  }

  #ask(token: number, signal: AbortSignal): Promise<Outcome> {
    const known = this.#asked.get(token);
    if (known !== undefined) return known;
    const asked = this.#lookUp(token, signal).finally(() => this.#asked.delete(token));
    this.#asked.set(token, asked);
    return asked;
  }

  async #lookUp(token: number, signal: AbortSignal): Promise<Outcome> {
    const adopted = this.#keeper.open().adopted.get(token);
    if (adopted === undefined) return 'ended';
    const heardAt = Date.now();
    const found = await this.#found(adopted, signal);
    // Another request may have ended it meanwhile, or the whole namespace.
    if (!this.#keeper.lives()) return 'ended';
    const stores = this.#keeper.open();
    const record = stores.tokens.find({ id: token }, 0);
    const heardLast = stores.adopted.get(token)?.heardAt;
    if (record === undefined || heardLast === undefined) return 'ended';
    // Or its holder may have come back meanwhile.
    if (found === 'unknown') return heardLast > adopted.heardAt ? 'confirmed' : 'unknown';
    if (found === undefined) {
      this.#keeper.revokeTree(token);
      return 'ended';
    }
    if (!isSame(record, found)) {
      this.#release(token);
      return 'ended';
    }
    this.#heard(record, found, adopted.sealed, { at: heardAt, forMs: UPSTREAM_RECHECK_MS });
    return 'confirmed';
  }

  /** @returns undefined where there is no such token any more */
  async #found(
    { sealed, digest }: AdoptedToken,
    signal: AbortSignal,
  ): Promise<UpstreamToken | 'unknown' | undefined> {
    const upstream = parseUpstream(this.#settings);
    if (!upstream.ok || upstream.value === undefined) return 'unknown';
    const secret = await unseal(sealed, digest, this.#settings.ROOT_TOKEN ?? '');
    if (secret === undefined) return 'unknown';
    const namespace = pathOfKey(this.#key);
    const asked = { secret, digest, namespaces: [namespace, ...ancestorsOf(namespace)] };
    const found = await lookUp(asked, upstream.value, signal);
    if (found.ok) return found.value;
    return found.failure.reason === 'bad_gateway' ? 'unknown' : undefined;
  }

  /** @param heard when it was looked up, and for how long it then may go without */
  #heard(
    record: TokenRecord,
    token: UpstreamToken,
    sealed: ArrayBuffer,
    heard: { readonly at: number; readonly forMs: number },
  ): void {
    const { tokens, watches, adopted } = this.#keeper.open();
    const expiresAt = token.ttl === 0 ? undefined : heard.at + token.ttl * 1000;
    if (hasMoved(record.expiresAt, expiresAt)) {
      tokens.setExpiry(record.id, expiresAt);
      this.#keeper.notify(watches.tokenChanged(record.id));
    }
    const dueAt = Math.min(expiresAt ?? Infinity, heard.at + heard.forMs);
    adopted.put(record.id, sealed, heard.at, dueAt);
  }

  /** It is what it was no more, or nobody can say: whoever holds it comes back, and is looked up anew. */
  #release(token: number): void {
    this.#keeper.revokeTree(token);
    this.#keeper.open().adopted.release(token, Date.now() + MAX_SUBSCRIPTION_MS);
  }
}

/** Whether a token means what it meant: hubs hold its policies and its identity for as long as it lives. */
function isSame({ policies, identity, accessor }: TokenRecord, token: UpstreamToken): boolean {
  return (
    accessor === token.accessor &&
    policies.join() === token.policies.join() &&
    (identity?.entity.id ?? '') === token.entityId
  );
}

function hasMoved(before: number | undefined, after: number | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return Math.abs(before - after) > UPSTREAM_TTL_TOLERANCE_MS;
}

/** Lives as the upstream says, is renewed there and ends there. */
function requestOf(token: UpstreamToken): TokenRequest {
  return {
    policies: token.policies,
    parent: undefined,
    foreignParent: undefined,
    orphan: true,
    identity: identityOf(token),
    meta: undefined,
    displayName: token.displayName,
    path: 'auth/token/lookup-self',
    ttl: token.ttl,
    explicitMaxTtl: 0,
    maxTtl: 0,
    period: 0,
    uses: 0,
    renewable: false,
  };
}

/**
 * The id of the entity fills templates, and nothing else does: whoever makes a token upstream chooses its
 * metadata and its name, and must not so choose what it may hear.
 */
function identityOf({ entityId }: UpstreamToken): Identity | undefined {
  if (entityId === '') return undefined;
  return { entity: { id: entityId, name: '', metadata: {}, aliases: {} }, groups: [] };
}
