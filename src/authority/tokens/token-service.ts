/** Creates tokens, finds them and renews them. */

import { invalid, ok, type Result } from '../../lib/result.ts';
import type { AuthorityCounts } from '../../metrics/authority-metrics.ts';
import { pathOfKey, ROOT } from '../../namespace/namespace.ts';
import type { Alarms } from '../../objects/alarms.ts';
import type {
  IssuedToken,
  TokenState,
  TokenUse,
  WatchedState,
} from '../../objects/authority-contract.ts';
import { MAX_TOKENS } from '../../objects/limits.ts';
import { MAX_TOKEN_TTL_SECONDS } from '../../token/limits.ts';
import { ownerOf, ownerOfNew } from '../../token/owner.ts';
import { digestOf, mintAccessor, mintToken } from '../../token/token-form.ts';
import {
  capTtl,
  maxLifetime,
  type TokenRecord,
  type TokenReference,
  type TokenRequest,
} from '../../token/token-record.ts';
import { checkTokenRequest, type Maker } from '../../token/token-request.ts';
import { authBlock, tokenData } from '../../token/token-view.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { SPENT_TOKEN_MS } from '../limits.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Policies } from '../policies.ts';
import type { TokenStore } from './token-store.ts';

interface Parts {
  /** Its key. */
  readonly namespace: string;
  readonly counts: AuthorityCounts;
  readonly lifecycle: Lifecycle;
  readonly alarms: Alarms;
  readonly tokens: TokenStore;
  readonly policies: Policies;
  readonly outbox: Outbox;
}

export class TokenService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  lookup(digest: string, use: TokenUse): TokenState | undefined {
    const { counts, tokens, policies, alarms } = this.#parts;
    const now = Date.now();
    const token = this.#findUsable({ digest }, now);
    if (token === undefined) {
      counts.lookupsUnknown++;
      return undefined;
    }
    counts.lookupsFound++;
    if (token.usesLeft !== undefined) {
      tokens.takeUse(token.id);
      // The last use may be a subscription, which lives as long as the token would have.
      if (token.usesLeft === 1 && use === 'request') {
        tokens.expireSpent(token.id, now + SPENT_TOKEN_MS);
        alarms.arm();
      }
    }
    return tokenState(token, policies);
  }

  state(reference: TokenReference): TokenState | undefined {
    const token = this.#findUsable(reference, Date.now());
    return token && tokenState(token, this.#parts.policies);
  }

  async create(
    body: Record<string, unknown>,
    maker: Maker,
    alwaysOrphan: boolean,
  ): Promise<Result<IssuedToken>> {
    const checked = checkTokenRequest(body, maker, alwaysOrphan);
    if (!checked.ok) return checked;
    const { request, chosen, sharesOf, warnings } = checked.value;
    const missing = request.policies
      .filter((name) => name !== 'root' && this.#parts.policies.get(name) === undefined)
      .map((name) => `Policy ${JSON.stringify(name)} does not exist`);
    const issued = await this.issue(request, chosen, sharesOf);
    return issued.ok ? ok({ ...issued.value, warnings: [...warnings, ...missing] }) : issued;
  }

  /**
   * @param chosen the token itself, if its maker chose it
   * @param sharesOf the token whose shares an orphan uses
   */
  async issue(
    request: TokenRequest,
    chosen?: string,
    sharesOf?: number,
  ): Promise<Result<IssuedToken>> {
    const { namespace, counts, lifecycle, tokens, alarms } = this.#parts;
    if (chosen !== undefined && namespace !== ROOT) {
      return invalid('a token with an id of your choice can be created only in the root namespace');
    }
    const path = pathOfKey(namespace);
    const secret = chosen ?? (await mintToken(path));
    const digest = await digestOf(secret);
    lifecycle.assertOpen();
    if (tokens.isFull()) {
      return invalid(`there are ${MAX_TOKENS} tokens already, as many as are allowed`);
    }
    if (tokens.has(digest)) return invalid('cannot create a token with a duplicate ID');
    const now = Date.now();
    const find = (id: number | undefined) =>
      id === undefined ? undefined : tokens.find({ id }, now);
    const parent = find(request.parent);
    if (request.parent !== undefined && parent === undefined) {
      return invalid('the token of the request was revoked while the request was under way');
    }
    const owner = ownerOfNew(request, parent ?? find(sharesOf));
    if (!tokens.isWithinShare(owner)) {
      return invalid(
        `you have as many tokens as are free of the ${MAX_TOKENS} that all share in this namespace, with all of your entity or made from yours; revoke some first`,
      );
    }
    counts.tokensCreated++;
    const token = tokens.add(request, owner, digest, mintAccessor(path), now);
    alarms.arm();
    return ok({ id: token.id, auth: authBlock(token, secret, now), warnings: [] });
  }

  describe(reference: TokenReference, secret: string): Record<string, unknown> | undefined {
    const now = Date.now();
    const token = this.#parts.tokens.find(reference, now);
    return token && tokenData(token, secret, pathOfKey(this.#parts.namespace), now);
  }

  /** @returns undefined if there is no such token */
  renew(
    reference: TokenReference,
    increment: number,
    secret: string,
  ): Result<IssuedToken> | undefined {
    const { tokens, outbox } = this.#parts;
    const now = Date.now();
    const token = this.#findUsable(reference, now);
    if (token === undefined) return undefined;
    if (!token.renewable || token.expiresAt === undefined) {
      return invalid('lease is not renewable');
    }
    const age = (now - token.createdAt) / 1000;
    const max = Math.floor(maxLifetime(token) - age);
    if (max <= 0) return invalid('past the max TTL, cannot renew');
    const { ttl, warnings } = capTtl(
      token.period || increment || token.ttl,
      Math.min(max, MAX_TOKEN_TTL_SECONDS),
    );
    const renewed = { ...token, expiresAt: now + ttl * 1000, renewedAt: now };
    tokens.renew(token.id, renewed.expiresAt, now);
    outbox.tokenChanged(token.id);
    outbox.send();
    return ok({ id: token.id, auth: authBlock(renewed, secret, now), warnings });
  }

  #findUsable(reference: TokenReference, now: number): TokenRecord | undefined {
    const token = this.#parts.tokens.find(reference, now);
    return token?.usesLeft === 0 ? undefined : token;
  }
}

/** A token as Workers and hubs see it. */
export function tokenState(token: TokenRecord, policies: Policies): TokenState {
  return {
    ...watchedState(token),
    accessor: token.accessor,
    texts: policies.existing(token.policies),
    limitedUses: token.usesLeft !== undefined,
  };
}

export function watchedState(token: TokenRecord): WatchedState {
  const { id, policies, identity, expiresAt } = token;
  return { id, policies, identity, owner: ownerOf(token), expiresAt };
}
