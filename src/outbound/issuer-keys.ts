/** Fetches the public keys with which an issuer signs its tokens. */
import type { JSONWebKeySet, JWK } from 'jose';
import { isJsonObject } from '../lib/json.ts';
import { checkPublicUrl } from '../lib/public-url.ts';
import { ok, type Result } from '../lib/result.ts';
import { parseJson } from '../lib/text.ts';
import type { RemoteKeys } from '../logins/jwt-config.ts';
import { MAX_KEYS } from '../logins/limits.ts';
import { cannotFetch, fetchText, type KeyFetchOptions } from './fetch-text.ts';
import { KEY_FETCH_TIMEOUT_MS } from './limits.ts';

const DISCOVERY = '/.well-known/openid-configuration';

/** The members of a public key of each type that can sign, without those that every key may have. */
const KEY_MEMBERS = new Map([
  ['RSA', ['n', 'e']],
  ['EC', ['crv', 'x', 'y']],
  ['OKP', ['crv', 'x']],
]);

/**
 * Fetches the keys at a `jwks_url`, or those that the discovery document of an `oidc_discovery_url`
 * names.
 *
 * @returns the public keys without other members; a failure names the URL and quotes nothing of the response
 */
export async function fetchKeys(
  from: RemoteKeys,
  options: KeyFetchOptions,
): Promise<Result<JSONWebKeySet>> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? KEY_FETCH_TIMEOUT_MS);
  const url = from.kind === 'jwks_url' ? ok(from.url) : await discover(from.url, options, signal);
  if (!url.ok) return url;
  const document = await fetchJson(url.value, options, signal);
  if (!document.ok) return document;
  const keys = isJsonObject(document.value) ? document.value.keys : undefined;
  if (!Array.isArray(keys)) return cannotFetch(url.value, 'it is not a JSON Web Key Set');
  if (keys.length > MAX_KEYS) {
    return cannotFetch(url.value, `it has ${keys.length} keys, at most ${MAX_KEYS} are allowed`);
  }
  return ok({ keys: keys.map(publicKey).filter((key) => key !== undefined) });
}

/** The `jwks_uri` of an issuer (OpenID Connect Discovery 1.0, sections 4 and 3). */
async function discover(
  issuer: string,
  options: KeyFetchOptions,
  signal: AbortSignal,
): Promise<Result<string>> {
  const url = `${issuer.replace(/\/$/, '')}${DISCOVERY}`;
  const document = await fetchJson(url, options, signal);
  if (!document.ok) return document;
  const { issuer: named, jwks_uri: keys } = isJsonObject(document.value) ? document.value : {};
  if (named !== issuer) {
    return cannotFetch(url, 'the issuer that it names is another than oidc_discovery_url');
  }
  if (typeof keys !== 'string') return cannotFetch(url, 'it has no jwks_uri');
  const checked = checkPublicUrl(keys, options);
  return checked.ok ? checked : cannotFetch(url, `its jwks_uri ${checked.failure.message}`);
}

async function fetchJson(
  url: string,
  options: KeyFetchOptions,
  signal: AbortSignal,
): Promise<Result<unknown>> {
  const text = await fetchText(url, options, signal);
  if (!text.ok) return text;
  const json = parseJson(text.value);
  return json.ok ? json : cannotFetch(url, 'it is not JSON');
}

/**
 * The public key in a member of a key set. Undefined for a key that verifies nothing here, which a set may have
 * (RFC 7517, section 5), and for a private key, because a published one proves nothing.
 */
function publicKey(value: unknown): JWK | undefined {
  if (!isJsonObject(value) || Object.hasOwn(value, 'd')) return undefined;
  const required = KEY_MEMBERS.get(String(value.kty));
  if (required === undefined) return undefined;
  if (!required.every((name) => typeof value[name] === 'string')) return undefined;
  const names = ['kty', 'kid', 'alg', 'use', 'key_ops', ...required];
  return Object.fromEntries(
    names.filter((name) => value[name] !== undefined).map((name) => [name, value[name]]),
  );
}
