/** Requests to vendors: for the keys with which they sign deliveries, and to confirm a subscription. */
import type { JWK } from 'jose';
import type { Issuer, VendorKeys } from '../ingest/webhooks/verifiers/verifier.ts';
import { LruCache, TtlCache } from '../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../lib/limits.ts';
import { publicKeyOfPem } from '../lib/pem.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { type KeySource, verifiedClaims } from '../logins/jwt-token.ts';
import { checkRegisteredClaims } from '../logins/registered-claims.ts';
import { fetchText, type KeyFetchOptions } from './issuer-keys.ts';
import { keySource } from './key-source.ts';
import { KEY_REFRESH_INTERVAL_MS, MAX_CERTIFICATE_AGE_MS, MAX_SOURCE_FETCHES } from './limits.ts';

export interface VendorClient extends VendorKeys {
  /** Calls an address of the vendor. @returns whether it answered 200 */
  visit(url: string): Promise<boolean>;
}

/** @param source a name that is unique to the source: the number of its requests is limited */
export type VendorClientFor = (source: string) => VendorClient;

const TOO_OFTEN = 'too much was fetched for this source within a short time; try again';

/** The clients of an isolate share what they have fetched. */
export function vendorClients(options: KeyFetchOptions): VendorClientFor {
  const certificates = new TtlCache<JWK>(MAX_CERTIFICATE_AGE_MS);
  const allowances = new LruCache<(now: number) => boolean>(MAX_CACHED_LOOKUPS);
  const keys = keySource(options);
  return (source) => {
    const fetchFor = async (url: string): Promise<Result<string>> => {
      const mayFetch = allowances.getOrMake(source, () =>
        atMost(MAX_SOURCE_FETCHES, KEY_REFRESH_INTERVAL_MS),
      );
      return mayFetch(Date.now()) ? fetchText(url, options) : invalid(TOO_OFTEN);
    };
    return {
      async certificateKey(url) {
        const now = Date.now();
        const known = certificates.get(url, now);
        if (known !== undefined) return ok(known);
        const pem = await fetchFor(url);
        if (!pem.ok) return pem;
        const about = `the certificate at ${JSON.stringify(url)}`;
        const key = await publicKeyOfPem(pem.value.trim(), about);
        if (key.ok) certificates.set(url, key.value, now);
        return key;
      },
      claims: (jwt, issuer, now) => claimsOf(jwt, issuer, now, keys),
      visit: async (url) => (await fetchFor(url)).ok,
    };
  };
}

/**
 * Bounds how often something is fetched: a client that knows the address of a source can name certificates, and one that
 * has seen a confirmation can repeat it.
 */
function atMost(times: number, intervalMs: number): (now: number) => boolean {
  let since = 0;
  let count = 0;
  return (now) => {
    if (now - since >= intervalMs) {
      since = now;
      count = 0;
    }
    count++;
    return count <= times;
  };
}

async function claimsOf(
  jwt: string,
  { issuer, keysUrl, algorithms, audience }: Issuer,
  now: number,
  keys: KeySource,
): Promise<Result<Record<string, unknown>>> {
  const config = {
    keys: { kind: 'jwks_url', url: keysUrl },
    supportedAlgs: algorithms,
  } as const;
  const claims = await verifiedClaims(config, jwt, now, keys);
  if (!claims.ok) return claims;
  const role = {
    boundSubject: '',
    boundAudiences: [audience],
    expirationLeeway: 0,
    notBeforeLeeway: 0,
    clockSkewLeeway: 0,
  };
  return checkRegisteredClaims(claims.value, issuer, role, now);
}
