/** Reads a JWT and verifies its signature. */

import {
  base64url,
  type CryptoKey,
  compactVerify,
  decodeProtectedHeader,
  errors,
  type LocalJWKSet,
} from 'jose';
import { isJsonObject } from '../lib/json.ts';
import { invalid, ok, type Result, tooMany } from '../lib/result.ts';
import { decodeUtf8, parseJson } from '../lib/text.ts';
import type { Claims } from './claims.ts';
import { algorithmsOf, type JwtConfig } from './jwt-config.ts';
import { MAX_JWT_CHARACTERS } from './limits.ts';

export interface KeySet {
  /** Finds the keys that may have signed a token with this header. */
  readonly find: LocalJWKSet;
  /** Whether keys have names, so that a token says (`kid`) which one signed it. Keys in PEM have none. */
  readonly named: boolean;
}

/** Where a login gets the keys of an issuer. */
export type KeySource = (
  config: Pick<JwtConfig, 'keys'>,
  wanted: {
    /** Unix milliseconds. */
    readonly now: number;
    /** Keys that verify nothing. If there may be newer ones, those are returned. */
    readonly newerThan?: KeySet;
  },
) => Promise<Result<KeySet>>;

/** The claims of a token, if a key of the configuration has signed it. The claims themselves are not checked. */
export async function verifiedClaims(
  config: Pick<JwtConfig, 'keys' | 'supportedAlgs'>,
  jwt: string,
  now: number,
  keys: KeySource,
): Promise<Result<Claims>> {
  const token = parseJwt(jwt, algorithmsOf(config));
  if (!token.ok) return token;
  const known = await keys(config, { now });
  if (!known.ok) return signatureFailure(known.failure.message);
  const claims = await verifyJwt(token.value, known.value);
  if (claims !== undefined) return claims;
  const newer = await keys(config, { now, newerThan: known.value });
  if (!newer.ok) return signatureFailure(newer.failure.message);
  const claimsByNewer =
    newer.value === known.value ? undefined : await verifyJwt(token.value, newer.value);
  return (
    claimsByNewer ?? signatureFailure('no known key successfully validated the token signature')
  );
}

function signatureFailure(why: string): Result<Claims> {
  return invalid(`error verifying token signature: ${why}`);
}

/** A token with a valid form whose signature is not verified yet. */
interface UnverifiedJwt {
  readonly jwt: string;
  readonly alg: string;
  /** Undefined if any key may have signed it. */
  readonly kid: string | undefined;
}

const PART = '([A-Za-z0-9_-]+)';
const COMPACT = new RegExp(`^${PART}\\.${PART}\\.${PART}$`);

/**
 * Reads the header of a token. That needs no key.
 *
 * @param algorithms those that are allowed
 */
function parseJwt(jwt: string, algorithms: readonly string[]): Result<UnverifiedJwt> {
  if (jwt.length > MAX_JWT_CHARACTERS) {
    return tooMany('the token', jwt.length, 'characters', MAX_JWT_CHARACTERS);
  }
  const header = headerOf(jwt);
  if (header === undefined) return invalid('malformed token: it is no JWT in compact form');
  const { alg, kid = '' } = header;
  if (typeof alg !== 'string' || !algorithms.includes(alg)) {
    return invalid(
      'invalid algorithm (alg) header parameter: token signed with unexpected algorithm',
    );
  }
  // An extension changes what is signed (`b64`), or is unknown and must be rejected (RFC 7515, section 4.1.11).
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    return invalid('unsupported critical (crit) or b64 header parameter');
  }
  if (typeof kid !== 'string') return invalid('invalid key ID (kid) header parameter');
  return ok({ jwt, alg, kid: kid === '' ? undefined : kid });
}

/** @returns the claims; undefined if no key of the set has signed the token, for whatever reason */
async function verifyJwt(
  { jwt, alg, kid }: UnverifiedJwt,
  keys: KeySet,
): Promise<Result<Claims> | undefined> {
  const wanted = kid === undefined || !keys.named ? { alg } : { alg, kid };
  for await (const key of await candidates(keys, wanted)) {
    const verified = await compactVerify(jwt, key, { algorithms: [alg] }).catch(() => undefined);
    if (verified !== undefined) return claimsOf(verified.payload);
  }
  return undefined;
}

function headerOf(jwt: string): Record<string, unknown> | undefined {
  const signature = COMPACT.exec(jwt)?.[3];
  if (signature === undefined || !isCanonical(signature)) return undefined;
  try {
    return decodeProtectedHeader(jwt) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The last character may have unused bits. If they could vary, one token would have several texts. */
function isCanonical(encoded: string): boolean {
  try {
    return base64url.encode(base64url.decode(encoded)) === encoded;
  } catch {
    return false;
  }
}

/** If several keys match, jose throws an error that yields them. */
async function candidates(
  { find }: KeySet,
  header: { readonly alg: string; readonly kid?: string },
): Promise<AsyncIterable<CryptoKey> | readonly CryptoKey[]> {
  try {
    return [await find(header)];
  } catch (error) {
    return error instanceof errors.JWKSMultipleMatchingKeys ? error : [];
  }
}

function claimsOf(payload: Uint8Array): Result<Claims> {
  const text = decodeUtf8(payload);
  const json = text.ok ? parseJson(text.value) : text;
  return json.ok && isJsonObject(json.value)
    ? ok(json.value)
    : invalid('malformed token: its claims are no JSON object');
}
