/** A token as it arrives, and whether one of the keys has signed it. */
import { base64url, type CryptoKey, compactVerify, decodeProtectedHeader, errors } from 'jose';
import { isJsonObject } from '../lib/json.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { decodeUtf8, parseJson } from '../lib/text.ts';
import type { KeySet } from '../outbound/key-source.ts';
import type { Claims } from './claims.ts';
import { MAX_JWT_CHARACTERS } from './limits.ts';

/** A token of which nothing is known yet but its form. */
export interface UnverifiedToken {
  readonly jwt: string;
  readonly alg: string;
  /** Undefined: any key may have signed it. */
  readonly kid: string | undefined;
}

const PART = '([A-Za-z0-9_-]+)';
const COMPACT = new RegExp(`^${PART}\\.${PART}\\.${PART}$`);

/**
 * Reads the header of a token, as far as that is possible without a key.
 *
 * @param algorithms of which it must name one
 */
export function readToken(jwt: string, algorithms: readonly string[]): Result<UnverifiedToken> {
  if (jwt.length > MAX_JWT_CHARACTERS) {
    return invalid(
      `the token has ${jwt.length} characters, at most ${MAX_JWT_CHARACTERS} are allowed`,
    );
  }
  const header = headerOf(jwt);
  if (header === undefined) return invalid('malformed token: it is no JWT in compact form');
  const { alg, kid = '' } = header;
  if (typeof alg !== 'string' || !algorithms.includes(alg)) {
    return invalid(
      'invalid algorithm (alg) header parameter: token signed with unexpected algorithm',
    );
  }
  // Extensions change what is signed (`b64`), or are unknown and must be refused (RFC 7515, section 4.1.11).
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    return invalid('unsupported critical (crit) or b64 header parameter');
  }
  if (typeof kid !== 'string') return invalid('invalid key ID (kid) header parameter');
  return ok({ jwt, alg, kid: kid === '' ? undefined : kid });
}

/** The claims of a token; undefined where no key of the set has signed it, whatever the reason. */
export async function verifyToken(
  { jwt, alg, kid }: UnverifiedToken,
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

/** The last character may have bits that no byte takes: with others there, it would be another token. */
function isCanonical(encoded: string): boolean {
  try {
    return base64url.encode(base64url.decode(encoded)) === encoded;
  } catch {
    return false;
  }
}

/** What jose has found; several keys it hands over with its refusal to choose. */
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
