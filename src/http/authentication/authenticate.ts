/** Who sends a request: the token in its headers, and what its authority says of it. */

import type { Config } from '../../config/config.ts';
import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import { LruCache } from '../../lib/lru-cache.ts';
import { ok, type Result } from '../../lib/result.ts';
import { sha256 } from '../../lib/sha256.ts';
import { TtlCache } from '../../lib/ttl-cache.ts';
import { isWithin, pathOfKey } from '../../namespace/namespace.ts';
import type { TokenState, TokenUse } from '../../objects/authority-contract.ts';
import { authorityName } from '../../objects/authority-name.ts';
import { callWithRetry } from '../../objects/call.ts';
import { LOOKUP_CACHE_MS } from '../../objects/limits.ts';
import { principalOf } from '../../outbound/upstream/token.ts';
import { Access } from '../../policy/access.ts';
import { keyOfPolicies, parsePolicies } from '../../policy/policy-set.ts';
import type { HandshakeToken } from '../../subscription/handshake.ts';
import { MAX_TOKEN_CHARACTERS } from '../../token/limits.ts';
import { ROOT_OWNER } from '../../token/owner.ts';
import { digestOf, namespaceOfAccessor, namespaceOfToken } from '../../token/token-form.ts';
import { findNamespace } from '../namespace-lookup.ts';
import { firstValue, valuesOf, withoutQuoted } from '../request/header.ts';
import type { Refusal } from '../respond.ts';
import { adopt, isMadeHere, upstreamDigestOf } from './upstream-token.ts';

const BEARER = /^Bearer +(\S+)$/i;

/** The holder of the token of a request. */
export interface Caller {
  /** Its stable identity: of its entity, else of its token. */
  readonly principal: string;
  /**
   * Whose shares it uses of what many share: of its entity, else of the token that all those above it come
   * of. A holder of one token that makes others has no more than before.
   */
  readonly owner: string;
  readonly access: Access;
  /** Undefined for the root token of the server, which no authority knows. */
  readonly token: (HandshakeToken & { readonly state: Omit<TokenState, 'texts'> }) | undefined;
  /** Whether this is what the Worker remembers, and may be some seconds old. */
  readonly remembered: boolean;
  /** The token itself, for answers that show it to its own holder. */
  readonly secret: string;
}

/** Forgets what this Worker remembers of tokens: one was revoked, or a policy changed. */
export function forgetCallers(): void {
  callers.clear();
}

/** As the audit log names a caller: by the accessor of its token. */
export function actorOf({ token }: Caller): string {
  return token?.state.accessor ?? 'root';
}

/** What a request needs to know of its token. */
export interface Question {
  /** Whether what this Worker remembers is not enough. */
  readonly fresh: boolean;
  readonly use: TokenUse;
}

const callers = new TtlCache<Caller>(LOOKUP_CACHE_MS);
/** Shared by the callers of whom the same is true: a compiled policy set can be large. */
const accesses = new LruCache<Access>(MAX_CACHED_LOOKUPS);

/**
 * Finds who the request's token belongs to: `X-Vault-Token`, else `Authorization: Bearer`.
 *
 * @param namespace the path of the namespace that the request is sent to
 * @returns the caller, or the refusal
 */
export async function authenticate(
  headers: Headers,
  namespace: string,
  config: Config,
  env: Env,
  question: Question,
): Promise<Caller | Refusal> {
  const secret = tokenOf(headers);
  if (secret === undefined) return { reason: 'no_token' };
  if (await isRootToken(secret, config)) return rootCaller(secret);
  const caller = await callerOf(secret, namespace, config, env, question);
  if (!caller.ok) return caller.failure;
  return isWithin(namespace, caller.value.access.namespace) ? caller.value : { reason: 'denied' };
}

/** Whether this is the root token of the server. */
export async function isRootToken(secret: string, { rootToken = '' }: Config): Promise<boolean> {
  if (expected?.rootToken !== rootToken) expected = { rootToken, digest: await sha256(rootToken) };
  // Digests have one length, so neither the time nor an early return tells how much of a guess is right.
  return crypto.subtle.timingSafeEqual(await sha256(secret), expected.digest);
}

/** What every request is compared with, made once. */
let expected: { readonly rootToken: string; readonly digest: ArrayBuffer } | undefined;

/** Whether it is the root token of the server, or has the form of those that are made here. */
export async function isOurToken(secret: string, config: Config): Promise<boolean> {
  return isMadeHere(secret) || (await isRootToken(secret, config));
}

/** Where a token is known, whether or not it is; undefined where it cannot be. */
export async function placeOf(secret: string, env: Env): Promise<HandshakeToken | undefined> {
  if (secret.length > MAX_TOKEN_CHARACTERS) return undefined;
  const namespace = await namespaceOfToken(secret);
  if (namespace === undefined) return undefined;
  const authority = await findNamespace(env, namespace, true);
  return authority === undefined ? undefined : { authority, digest: await digestOf(secret) };
}

/** The key of the namespace whose authority knows an accessor, if any does; undefined where none can. */
export async function authorityOfAccessor(accessor: string, env: Env): Promise<string | undefined> {
  if (accessor.length > MAX_TOKEN_CHARACTERS) return undefined;
  const namespace = namespaceOfAccessor(accessor);
  return namespace === undefined ? undefined : findNamespace(env, namespace, true);
}

/** What the holder of a token may do, as its authority says. */
export function accessOf(authority: string, state: TokenState): Access {
  const { policies: names, texts, identity } = state;
  const key = keyOfPolicies({ authority, names, texts }, identity);
  return accesses.getOrMake(
    key,
    () => new Access(pathOfKey(authority), parsePolicies(names, texts), identity),
  );
}

/** The holder of a token, in this state. @param secret the token itself; empty where it was not sent */
export function callerWith(token: HandshakeToken, state: TokenState, secret: string): Caller {
  const { texts: _, ...rest } = state;
  const principal = principalOf(state.accessor, state.identity?.entity.id);
  return {
    principal,
    owner: state.owner === undefined ? principal : `${token.authority}\n${state.owner}`,
    access: accessOf(token.authority, state),
    remembered: false,
    token: { ...token, state: rest },
    secret,
  };
}

export function rootCaller(secret: string): Caller {
  return {
    principal: 'root',
    owner: ROOT_OWNER,
    access: Access.root,
    token: undefined,
    secret,
    remembered: false,
  };
}

async function callerOf(
  secret: string,
  namespace: string,
  config: Config,
  env: Env,
  { fresh, use }: Question,
): Promise<Result<Caller, Refusal>> {
  const upstream = isMadeHere(secret) ? undefined : config.upstream;
  const digest = await (upstream === undefined ? digestOf(secret) : upstreamDigestOf(secret));
  const now = Date.now();
  const known = fresh ? undefined : callers.get(digest, now);
  if (known !== undefined && (known.token?.state.expiresAt ?? Infinity) > now) {
    return ok({ ...known, remembered: true });
  }
  callers.delete(digest);

  const { rootToken = '' } = config;
  const found = await (upstream === undefined
    ? lookUpHere(secret, digest, env, use)
    : adopt({ secret, digest, namespace, upstream, rootToken }, env));
  if (!found.ok) return found;
  const { place, state } = found.value;
  const caller = callerWith(place, state, secret);
  // One whose uses are counted is asked about each time.
  if (!state.limitedUses) callers.set(digest, caller, now);
  return ok(caller);
}

async function lookUpHere(
  secret: string,
  digest: string,
  env: Env,
  use: TokenUse,
): Promise<Result<{ place: HandshakeToken; state: TokenState }, Refusal>> {
  const place = await placeOf(secret, env);
  const state =
    place &&
    (await callWithRetry(() =>
      env.AUTHORITY.getByName(authorityName(place.authority)).lookupToken(digest, use),
    ));
  return place === undefined || state === undefined
    ? { ok: false, failure: { reason: 'invalid_token' } }
    : ok({ place, state });
}

/** The token in the headers of a request. */
export function tokenOf(headers: Headers): string | undefined {
  return firstValue(headers.get('x-vault-token')) || bearerOf(headers);
}

/** The token in `Authorization`, which counts where there is no other. */
function bearerOf(headers: Headers): string | undefined {
  // What another scheme quotes may have a comma in it.
  const unquoted = withoutQuoted(headers.get('authorization') ?? '');
  // Other schemes are passed over, as in Vault.
  const bearer = valuesOf(unquoted).map((value) => BEARER.exec(value)?.[1]);
  return bearer.find((value) => value !== undefined);
}
