/** Finds the caller: the holder of the token in the headers of a request, as its authority says. */

import type { Config } from '../../config/config.ts';
import { ok, type Result } from '../../lib/result.ts';
import { isWithin } from '../../namespace/namespace.ts';
import type { TokenState, TokenUse } from '../../objects/authority-contract.ts';
import { callAuthority } from '../../objects/stubs.ts';
import type { HandshakeToken } from '../../subscription/handshake.ts';
import { digestOf } from '../../token/token-form.ts';
import { tokenOf } from '../request/header.ts';
import { type Refusal, refused } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';
import { type Caller, rootCaller } from './caller.ts';
import { isMadeHere, isRootToken } from './root-token.ts';
import { callerOfToken } from './token-caller.ts';
import { locateToken } from './token-location.ts';
import { adopt, upstreamDigestOf } from './upstream-token.ts';

/** How a request looks up its token. */
export interface TokenLookup {
  /** Whether what this Worker found out some seconds ago is good enough. */
  readonly mayBeCached: boolean;
  readonly use: TokenUse;
}

/** @param namespace the path of the Vault namespace that the request is sent to */
export async function authenticate(
  headers: Headers,
  namespace: string,
  config: Config,
  env: Env,
  lookup: TokenLookup,
): Promise<Result<Caller, Refusal>> {
  const secret = tokenOf(headers);
  if (secret === undefined) return refused({ reason: 'no_token' });
  if (await isRootToken(secret, config)) return ok(rootCaller(secret));
  const caller = await holderOf(secret, namespace, config, env, lookup);
  if (!caller.ok) return caller;
  return isWithin(namespace, caller.value.access.namespace)
    ? caller
    : refused({ reason: 'denied' });
}

async function holderOf(
  secret: string,
  namespace: string,
  config: Config,
  env: Env,
  { mayBeCached, use }: TokenLookup,
): Promise<Result<Caller, Refusal>> {
  const upstream = isMadeHere(secret) ? undefined : config.upstream;
  const digest = await (upstream === undefined ? digestOf(secret) : upstreamDigestOf(secret));
  const { callers } = workerCaches;
  const now = Date.now();
  const cached = mayBeCached ? callers.get(digest, now) : undefined;
  if (cached !== undefined && (cached.token?.state.expiresAt ?? Infinity) > now) {
    return ok({ ...cached, isCached: true });
  }
  callers.delete(digest);

  const { rootToken = '' } = config;
  const found = await (upstream === undefined
    ? lookUpHere(secret, digest, env, use)
    : adopt({ secret, digest, namespace, upstream, rootToken }, env));
  if (!found.ok) return found;
  const { token, state } = found.value;
  const caller = callerOfToken(token, state, secret);
  // A token with a limited number of uses is looked up each time.
  if (!state.limitedUses) callers.set(digest, caller, now);
  return ok(caller);
}

async function lookUpHere(
  secret: string,
  digest: string,
  env: Env,
  use: TokenUse,
): Promise<Result<{ token: HandshakeToken; state: TokenState }, Refusal>> {
  const token = await locateToken(secret, env);
  const state =
    token &&
    (await callAuthority(env, token.authority, (authority) => authority.lookupToken(digest, use)));
  return token === undefined || state === undefined
    ? refused({ reason: 'invalid_token' })
    : ok({ token, state });
}
