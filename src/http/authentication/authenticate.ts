/** Finds the caller: the holder of the token in the headers of a request, as its authority says. */

import type { Config } from '../../config/config.ts';
import { ok, type Result } from '../../lib/result.ts';
import { isWithin } from '../../namespace/namespace.ts';
import type { TokenState, TokenUse } from '../../objects/authority-contract.ts';
import type { Upstream } from '../../outbound/upstream/address.ts';
import type { HandshakeToken } from '../../subscription/handshake.ts';
import { cached, type Freshness, lookUpTowards, unlessDeleted } from '../namespace-lookup.ts';
import { admit } from '../rate-limit.ts';
import { tokensOf } from '../request/header.ts';
import { type Refusal, refused } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';
import { type Caller, rootCaller } from './caller.ts';
import { isMadeHere, isRootDigest } from './root-token.ts';
import { callerOfToken } from './token-caller.ts';
import { tokenDigest } from './token-digest.ts';
import { authorityOfToken, couldBeKnown } from './token-location.ts';
import { adopt, upstreamText } from './upstream-token.ts';

/** How a request looks up its token. */
export interface TokenLookup {
  /** Whether what this Worker found out some seconds ago is good enough. */
  readonly mayBeCached: boolean;
  readonly use: TokenUse;
}

/**
 * If `X-Vault-Token` is repeated, the first token counts, as in Vault. Only a handshake whose first token is not valid tries
 * others: Vault Proxy sends a token that has ended in front of its new one, for ever.
 *
 * @param namespace the path of the Vault namespace that the request is sent to
 */
export async function authenticate(
  headers: Headers,
  namespace: string,
  config: Config,
  env: Env,
  lookup: TokenLookup,
): Promise<Result<Caller, Refusal>> {
  const tokens = tokensOf(headers);
  const tried = lookup.use === 'subscription' ? tokens : tokens.slice(0, 1);
  let caller: Result<Caller, Refusal> = refused({ reason: 'no_token' });
  for (const secret of tried) {
    caller = await authenticateBy(secret, headers, namespace, config, env, lookup);
    if (caller.ok || caller.failure.reason !== 'invalid_token') break;
  }
  return caller;
}

async function authenticateBy(
  secret: string,
  headers: Headers,
  namespace: string,
  config: Config,
  env: Env,
  lookup: TokenLookup,
): Promise<Result<Caller, Refusal>> {
  const digest = await tokenDigest(secret);
  if (await isRootDigest(digest, config)) {
    workerCaches.tokenDigests.set(secret, digest);
    return ok(rootCaller(secret, secret));
  }
  const text = digestedText(secret, config);
  const { hex } = text === secret ? digest : await tokenDigest(text);
  const recent = cachedCaller(hex);
  if (recent === undefined) {
    const isForeign = upstreamOf(secret, config) !== undefined;
    if (!isForeign && !(await couldBeKnown(secret))) return refused({ reason: 'invalid_token' });
    const admitted = await admit(headers, env);
    if (!admitted.ok) return admitted;
  }
  const known = mayUseCache(lookup, secret, config) ? recent : undefined;
  const caller =
    known === undefined
      ? await lookUpCaller({ secret, text, digest: hex, namespace }, config, env, lookup.use)
      : ok(known);
  if (!caller.ok) return caller;
  return isWithin(namespace, caller.value.access.namespace)
    ? caller
    : refused({ reason: 'denied' });
}

/** The hub of a subscription asks about the token again. Of one of the upstream it would hear what was cached, too. */
function mayUseCache({ mayBeCached, use }: TokenLookup, secret: string, config: Config): boolean {
  return mayBeCached && (use === 'request' || upstreamOf(secret, config) === undefined);
}

/** The upstream that may know a token. */
function upstreamOf(secret: string, config: Config): Upstream | undefined {
  return isMadeHere(secret) ? undefined : config.upstream;
}

/** The text whose digest names a token. */
function digestedText(secret: string, config: Config): string {
  return upstreamOf(secret, config) === undefined ? secret : upstreamText(secret);
}

function cachedCaller(digest: string): Caller | undefined {
  const now = Date.now();
  const cached = workerCaches.callers.get(digest, now);
  return (cached?.token?.state.expiresAt ?? Infinity) > now ? cached : undefined;
}

interface SentToken {
  readonly secret: string;
  /** From `digestedText`. */
  readonly text: string;
  /** Of the text. */
  readonly digest: string;
  /** The path of the Vault namespace that the request is sent to. */
  readonly namespace: string;
}

async function lookUpCaller(
  { secret, text, digest, namespace }: SentToken,
  config: Config,
  env: Env,
  use: TokenUse,
): Promise<Result<Caller, Refusal>> {
  const { callers, tokenDigests } = workerCaches;
  const now = Date.now();
  callers.delete(digest);
  for (const each of [secret, text]) tokenDigests.delete(each);

  const { generation } = callers;
  const { rootTokens } = config;
  const upstream = upstreamOf(secret, config);
  const found = await (upstream === undefined
    ? lookUpHere({ secret, digest, namespace }, env, use)
    : adopt({ secret, digest, namespace, upstream, rootTokens }, env));
  if (!found.ok) return found;
  const { token, state } = found.value;
  const caller = callerOfToken(token, state, secret);
  // A token with a limited number of uses is looked up each time, and one that a revocation may have overtaken.
  if (!state.limitedUses && generation === callers.generation) {
    callers.set(digest, { ...caller, isCached: true }, now);
    // The digest of the secret itself is compared with that of the root token.
    for (const each of [secret, text]) tokenDigests.set(each, await tokenDigest(each));
  }
  return ok(caller);
}

type Known = { readonly token: HandshakeToken; readonly state: TokenState };

/** The authority is asked about an unknown token once in a few seconds. So is one of a namespace that was deleted. */
async function lookUpHere(
  sent: Omit<SentToken, 'text'>,
  env: Env,
  use: TokenUse,
): Promise<Result<Known, Refusal>> {
  const { strangers } = workerCaches;
  const { digest } = sent;
  const now = Date.now();
  if (strangers.get(digest, now)) return refused({ reason: 'invalid_token' });
  const { generation } = strangers;
  const known = await unlessDeleted(cached(now), (since) => findHere(sent, env, use, since));
  if (known !== undefined) return ok(known);
  strangers.set(digest, true, now, generation);
  return refused({ reason: 'invalid_token' });
}

async function findHere(
  sent: Omit<SentToken, 'text'>,
  env: Env,
  use: TokenUse,
  freshness: Freshness,
): Promise<Known | undefined> {
  const { secret, digest, namespace } = sent;
  const authority = await authorityOfToken(secret, env, freshness);
  if (authority === undefined) return undefined;
  const asked = { token: { digest, use } };
  const { token: state } = await lookUpTowards(namespace, authority, asked, env);
  return state && { token: { authority, digest }, state };
}
