/** Tokens of the upstream, which it is asked about, and which an authority here adopts. */

import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { TtlCache } from '../../lib/ttl-cache.ts';
import { ancestorsOf } from '../../namespace/namespace.ts';
import type { TokenState } from '../../objects/authority-contract.ts';
import { authorityName } from '../../objects/authority-name.ts';
import { callWithRetry } from '../../objects/call.ts';
import { MAX_TOKENS } from '../../objects/limits.ts';
import type { Upstream } from '../../outbound/upstream/address.ts';
import { holdsOurs, isLikeOurs } from '../../outbound/upstream/leak.ts';
import { inTime, lookUp } from '../../outbound/upstream/lookup.ts';
import { seal } from '../../outbound/upstream/seal.ts';
import type { HandshakeToken } from '../../subscription/handshake.ts';
import { digestOf, TOKEN_PREFIX } from '../../token/token-form.ts';
import { MAX_UPSTREAM_TOKEN_CHARACTERS, UNKNOWN_TOKEN_MS } from '../limits.ts';
import { findNamespace } from '../namespace-lookup.ts';
import type { Refusal } from '../respond.ts';

/** It quotes nothing of the request. */
const LEAK = invalid(
  'the token or the namespace of the request has a token or a ticket of Carillon in it and is none, so it was not looked up at the upstream; send a token of Carillon as it was given, without quotes or other text, as X-Vault-Token, and a ticket as the parameter ticket',
);

/** Whether a token is one of those that an authority here made; the root token is not. */
export function isMadeHere(secret: string): boolean {
  return secret.startsWith(TOKEN_PREFIX);
}

/** Unlike the digest of a token of ours with the same text: one somebody chose, before there was an upstream. */
export function upstreamDigestOf(secret: string): Promise<string> {
  return digestOf(`upstream ${secret}`);
}

/** What is needed to find out whose a token is. */
interface Adoption {
  readonly secret: string;
  /** Of `upstreamDigestOf`. */
  readonly digest: string;
  /** The path of the namespace that the request is sent to. */
  readonly namespace: string;
  readonly upstream: Upstream;
  readonly rootToken: string;
}

/**
 * Looks a token up and has the authority of its namespace adopt it. Policy names mean nothing in another
 * namespace, so one whose namespace is not here has no rights here.
 */
export async function adopt(
  { secret, digest, namespace, upstream, rootToken }: Adoption,
  env: Env,
): Promise<Result<{ readonly place: HandshakeToken; readonly state: TokenState }, Refusal>> {
  if (secret.length > MAX_UPSTREAM_TOKEN_CHARACTERS) return failed({ reason: 'invalid_token' });
  if (isLikeOurs(secret, rootToken) || [secret, namespace].some((one) => holdsOurs(one, rootToken)))
    return LEAK;
  const heardAt = Date.now();
  const key = `${digest} ${namespace}`;
  if (unknown.get(key, heardAt)) return failed({ reason: 'invalid_token' });
  const namespaces = [namespace, ...(await existingAbove(env, namespace))];
  const found = await inTime((signal) => lookUp({ secret, digest, namespaces }, upstream, signal));
  if (!found.ok) {
    if (found.failure.reason === 'invalid_token') unknown.set(key, true, heardAt);
    return found;
  }
  const token = found.value;
  const authority = await findNamespace(env, token.namespace, true);
  if (authority === undefined) {
    return failed({
      reason: 'forbidden',
      message: `permission denied: the token is of the namespace ${quote(token.namespace)}, which does not exist here; make it with Carillon's root token: carillon namespace create ${token.namespace}`,
    });
  }
  const sealed = await seal(secret, digest, rootToken);
  const state: TokenState | undefined = await callWithRetry(() =>
    env.AUTHORITY.getByName(authorityName(authority)).adoptToken(digest, token, sealed, heardAt),
  );
  return state === undefined
    ? failed({
        reason: 'unavailable',
        message: `there are ${MAX_TOKENS} tokens in use already, as many as are allowed, or the entity of this one has as many as are free; try again`,
      })
    : ok({ place: { authority, digest }, state });
}

/** Tokens that the upstream did not know, with where they were used: whoever repeats one has it asked once a second. */
const unknown = new TtlCache<true>(UNKNOWN_TOKEN_MS);

/**
 * The namespaces above one that exist here, the nearest first. A token of another has no rights here, so
 * whoever makes up a token and a long path has the upstream asked no more often for that.
 */
async function existingAbove(env: Env, namespace: string): Promise<string[]> {
  const above = ancestorsOf(namespace);
  const exist = await Promise.all(above.map((path) => findNamespace(env, path, false)));
  return above.filter((_, index) => exist[index] !== undefined);
}

function failed(failure: Refusal): Result<never, Refusal> {
  return { ok: false, failure };
}
