/** Tokens of the upstream, which it is asked about, and which an authority here adopts. */
import type { TokenState } from '../authority/contract.ts';
import { authorityName } from '../authority/name.ts';
import { digestOf, TOKEN_PREFIX } from '../authority/token-form.ts';
import { callWithRetry } from '../call.ts';
import { quote } from '../event/quote.ts';
import type { HandshakeToken } from '../hub/subscription.ts';
import { MAX_TOKENS, MAX_UPSTREAM_TOKEN_CHARACTERS } from '../limits.ts';
import { invalid, ok, type Result } from '../result.ts';
import type { Upstream } from '../upstream/address.ts';
import { holdsOurs, isLikeOurs } from '../upstream/leak.ts';
import { inTime, lookUp } from '../upstream/lookup.ts';
import { seal } from '../upstream/seal.ts';
import type { Refusal } from './answer.ts';
import { findNamespace } from './namespace.ts';

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
  const found = await inTime((signal) => lookUp({ secret, digest, namespace }, upstream, signal));
  if (!found.ok) return found;
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
    env.AUTHORITY.getByName(authorityName(authority)).adopt(digest, token, sealed, heardAt),
  );
  return state === undefined
    ? failed({
        reason: 'unavailable',
        message: `there are ${MAX_TOKENS} tokens in use already, as many as are allowed; try again`,
      })
    : ok({ place: { authority, digest }, state });
}

function failed(failure: Refusal): Result<never, Refusal> {
  return { ok: false, failure };
}
