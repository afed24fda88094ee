/** Which authority knows a token. The token itself or its accessor names its Vault namespace. */

import { isWithin } from '../../namespace/namespace.ts';
import type { HandshakeToken } from '../../subscription/handshake.ts';
import { MAX_TOKEN_CHARACTERS } from '../../token/limits.ts';
import { digestOf, namespaceOfAccessor, namespaceOfToken } from '../../token/token-form.ts';
import { type Freshness, findNamespace } from '../namespace-lookup.ts';

/** A token that a request names: the authority that may know it, and how to name it there. */
export interface TokenTarget {
  /** The key of the authority's Vault namespace. */
  readonly authority: string;
  readonly reference: { readonly digest: string } | { readonly accessor: string };
}

/** Whether an authority can know the token, by its form and its checksum. */
export async function couldBeKnown(secret: string): Promise<boolean> {
  return secret.length <= MAX_TOKEN_CHARACTERS && (await namespaceOfToken(secret)) !== undefined;
}

/** @returns the key of the Vault namespace whose authority may know the token; undefined if none can */
export async function authorityOfToken(
  secret: string,
  env: Env,
  freshness?: Freshness,
): Promise<string | undefined> {
  if (secret.length > MAX_TOKEN_CHARACTERS) return undefined;
  const namespace = await namespaceOfToken(secret);
  return namespace === undefined ? undefined : findNamespace(namespace, env, freshness);
}

/** @returns undefined if no authority can know the token */
export async function locateToken(secret: string, env: Env): Promise<HandshakeToken | undefined> {
  const authority = await authorityOfToken(secret, env);
  return authority === undefined ? undefined : { authority, digest: await digestOf(secret) };
}

/** @returns undefined unless the token can be one of this namespace (a key) or of one below */
export async function targetOfToken(
  secret: string,
  namespace: string,
  env: Env,
): Promise<TokenTarget | undefined> {
  const token = await locateToken(secret, env);
  return token !== undefined && isWithin(token.authority, namespace)
    ? { authority: token.authority, reference: { digest: token.digest } }
    : undefined;
}

/** The same by accessor. A holder of an accessor does not hold the token, so one from above is never found. */
export async function targetOfAccessor(
  accessor: string,
  namespace: string,
  env: Env,
): Promise<TokenTarget | undefined> {
  if (accessor.length > MAX_TOKEN_CHARACTERS) return undefined;
  const path = namespaceOfAccessor(accessor);
  const authority = path === undefined ? undefined : await findNamespace(path, env);
  return authority !== undefined && isWithin(authority, namespace)
    ? { authority, reference: { accessor } }
    : undefined;
}
