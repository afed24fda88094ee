/** Fetches the public keys with which an issuer signs its tokens. */

import type { JSONWebKeySet, JWK } from 'jose';
import { isJsonObject } from '../lib/json.ts';
import { checkPublicUrl, type PublicUrlRules } from '../lib/public-url.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { decodeUtf8, parseJson, readBytes } from '../lib/text.ts';
import type { RemoteKeys } from '../logins/jwt-config.ts';
import { MAX_KEYS } from '../logins/limits.ts';
import { KEY_FETCH_TIMEOUT_MS, MAX_KEY_SET_BYTES } from './limits.ts';

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

/** What is used of the global `fetch`. */
export type Fetch = (
  url: string,
  init: {
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
    readonly headers: { readonly Accept: string };
  },
) => Promise<Response>;

export interface KeyFetchOptions extends PublicUrlRules {
  readonly fetch: Fetch;
  /** For all requests together, bodies included. */
  readonly timeoutMs?: number;
}

/** The URL must pass `checkPublicUrl`, and a redirect is not followed. A failure quotes nothing of the response. */
export async function fetchText(
  url: string,
  { fetch, timeoutMs = KEY_FETCH_TIMEOUT_MS, allowLoopbackHttp }: KeyFetchOptions,
  signal: AbortSignal = AbortSignal.timeout(timeoutMs),
): Promise<Result<string>> {
  const checked = checkPublicUrl(url, { allowLoopbackHttp });
  if (!checked.ok) return cannotFetch(url, `the URL ${checked.failure.message}`);
  try {
    const headers = { Accept: 'application/json, */*' };
    const response = await fetch(url, { redirect: 'manual', signal, headers });
    if (response.status !== 200) {
      await response.body?.cancel();
      return cannotFetch(
        url,
        response.status >= 300 && response.status < 400
          ? `it answered ${response.status}, and redirects are not followed`
          : `it answered ${response.status}`,
      );
    }
    const body = await readBytes(response.body, MAX_KEY_SET_BYTES);
    if (body === undefined) {
      return cannotFetch(url, `it has more than ${MAX_KEY_SET_BYTES} bytes`);
    }
    const text = decodeUtf8(body);
    return text.ok ? text : cannotFetch(url, 'it is not UTF-8');
  } catch {
    return cannotFetch(
      url,
      signal.aborted ? `it did not answer within ${timeoutMs} ms` : 'it cannot be reached',
    );
  }
}

function cannotFetch(url: string, why: string): ReturnType<typeof invalid> {
  return invalid(`cannot fetch keys from ${JSON.stringify(url)}: ${why}`);
}
