/** What is fetched to verify the deliveries of a source: keys of vendors that sign with keys of their own. */
import type { JWK } from 'jose';
import { verifiedClaims } from '../authority/logins/jwt-login.ts';
import { fetchText, type KeyFetchOptions } from '../authority/logins/key-fetch.ts';
import { type KeySource, keySource } from '../authority/logins/key-source.ts';
import { publicKeyOfPem } from '../authority/logins/pem.ts';
import { problemOfRegisteredClaims } from '../authority/logins/registered-claims.ts';
import type { Issuer, Outside } from '../ingest/webhooks/scheme.ts';
import {
  KEY_REFRESH_INTERVAL_MS,
  MAX_CERTIFICATE_AGE_MS,
  MAX_CERTIFICATE_FETCHES,
} from '../limits.ts';
import { ok, type Result } from '../result.ts';
import { Cache } from './cache.ts';
import type { Bindings } from './config.ts';

/** And what is called to answer a vendor. */
export interface Visiting extends Outside {
  /** @returns whether the address answered that it is well */
  visit(url: string): Promise<boolean>;
}

let shared: Visiting | undefined;

/** One for the isolate: it keeps what it has fetched. */
export function outsideOf(env: Bindings): Visiting {
  shared ??= makeOutside({
    allowLoopbackHttp: env.ALLOW_LOOPBACK_HTTP === 'true',
    fetch: (url, init) => fetch(url, init),
  });
  return shared;
}

/** @param options how to fetch */
export function makeOutside(options: KeyFetchOptions): Visiting {
  const certificates = new Cache<JWK>(MAX_CERTIFICATE_AGE_MS);
  const mayFetch = atMost(MAX_CERTIFICATE_FETCHES, KEY_REFRESH_INTERVAL_MS);
  const keys: KeySource = keySource(options);
  return {
    async certificateKey(url) {
      const now = Date.now();
      const known = certificates.get(url, now);
      if (known !== undefined) return ok(known);
      if (!mayFetch(now))
        return { ok: false, failure: 'too many certificates were asked for; try again' };
      const pem = await fetchText(url, options);
      const key = pem.ok
        ? await publicKeyOfPem(pem.value.trim(), `the certificate at ${JSON.stringify(url)}`)
        : pem;
      if (!key.ok) return { ok: false, failure: key.failure.message };
      certificates.set(url, key.value, now);
      return key;
    },
    claims: (jwt, issuer, now) => claimsOf(jwt, issuer, now, keys),
    visit: async (url) => (await fetchText(url, options)).ok,
  };
}

/** Whoever knows an address may name certificates, so how many are fetched is bounded. */
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
): Promise<Result<Record<string, unknown>, string>> {
  const config = {
    keys: { kind: 'jwks_url', url: keysUrl },
    supportedAlgs: algorithms,
  } as const;
  const claims = await verifiedClaims(config, jwt, now, keys);
  if (!claims.ok) return { ok: false, failure: claims.failure.message };
  const role = {
    boundSubject: '',
    boundAudiences: [audience],
    expirationLeeway: 0,
    notBeforeLeeway: 0,
    clockSkewLeeway: 0,
  };
  const problem = problemOfRegisteredClaims(claims.value, issuer, role, now);
  return problem === undefined ? claims : { ok: false, failure: problem };
}
