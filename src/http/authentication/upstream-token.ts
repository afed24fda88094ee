/** Tokens of the upstream: this server looks them up there, and an authority here adopts them. */

import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { ancestorsOf } from '../../namespace/namespace.ts';
import type { TokenState } from '../../objects/authority-contract.ts';
import { MAX_TOKENS } from '../../objects/limits.ts';
import { callAuthority } from '../../objects/stubs.ts';
import type { Upstream } from '../../outbound/upstream/address.ts';
import { inTime } from '../../outbound/upstream/in-time.ts';
import { holdsOurs, isLikeOurs } from '../../outbound/upstream/leak.ts';
import { lookUp } from '../../outbound/upstream/lookup.ts';
import { sealToken } from '../../outbound/upstream/seal.ts';
import type { HandshakeToken } from '../../subscription/handshake.ts';
import { MAX_UPSTREAM_TOKEN_CHARACTERS } from '../limits.ts';
import { cached, findNamespace } from '../namespace-lookup.ts';
import { type Refusal, refused } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';

/** The message quotes nothing of the request. */
const LEAK = invalid(
  'the token or the namespace of the request has a token or a ticket of Carillon in it and is none, so it was not looked up at the upstream; send a token of Carillon as it was given, without quotes or other text, as X-Vault-Token, and a ticket as the parameter ticket',
);

/**
 * What the digest of a token of the upstream is of. It differs from that of a token of ours with the same text, which a
 * user may have chosen before there was an upstream.
 */
export function upstreamText(secret: string): string {
  return `upstream ${secret}`;
}

interface Adoption {
  readonly secret: string;
  /** Of its `upstreamText`. */
  readonly digest: string;
  /** The path of the namespace that the request is sent to. */
  readonly namespace: string;
  readonly upstream: Upstream;
  /** The first encrypts. */
  readonly rootTokens: readonly string[];
}

/**
 * Looks a token up at the upstream and has the authority of its namespace adopt it. Policy names mean nothing in
 * another namespace, so a token of a namespace that does not exist here has no rights here.
 */
export async function adopt(
  { secret, digest, namespace, upstream, rootTokens }: Adoption,
  env: Env,
): Promise<Result<{ readonly token: HandshakeToken; readonly state: TokenState }, Refusal>> {
  if (secret.length > MAX_UPSTREAM_TOKEN_CHARACTERS) return refused({ reason: 'invalid_token' });
  if (
    isLikeOurs(secret, rootTokens) ||
    [secret, namespace].some((one) => holdsOurs(one, rootTokens))
  )
    return LEAK;
  const heardAt = Date.now();
  const { unknownTokens } = workerCaches;
  const key = `${digest} ${namespace}`;
  if (unknownTokens.get(key, heardAt)) return refused({ reason: 'invalid_token' });
  const namespaces = [namespace, ...(await existingAbove(env, namespace))];
  const found = await inTime((signal) => lookUp({ secret, digest, namespaces }, upstream, signal));
  if (!found.ok) {
    if (found.failure.reason === 'invalid_token') unknownTokens.set(key, true, heardAt);
    return found;
  }
  const token = found.value;
  const authority = await findNamespace(token.namespace, env);
  if (authority === undefined) {
    return refused({
      reason: 'forbidden',
      message: `permission denied: the token is of the namespace ${quote(token.namespace)}, which does not exist here; make it with Carillon's root token: carillon namespace create ${token.namespace}`,
    });
  }
  const sealed = await sealToken(secret, digest, rootTokens);
  const state = await callAuthority(env, authority, (stub) =>
    stub.adoptToken(digest, token, sealed, heardAt),
  );
  return state === undefined
    ? refused({
        reason: 'unavailable',
        message: `there are ${MAX_TOKENS} tokens in use already, as many as are allowed, or the entity of this one has as many as are free; try again`,
      })
    : ok({ token: { authority, digest }, state });
}

/**
 * The namespaces above one that exist here, the nearest first. A token of any other has no rights here, so a made-up
 * token with a long path causes no more requests to the upstream.
 */
async function existingAbove(env: Env, namespace: string): Promise<string[]> {
  const above = ancestorsOf(namespace);
  const exist = await Promise.all(above.map((path) => findNamespace(path, env, cached())));
  return above.filter((_, index) => exist[index] !== undefined);
}
