/** Logging in with a JWT. */

import { MAX_FIELD_CHARACTERS } from '../lib/limits.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { KeySource } from '../outbound/key-source.ts';
import { MAX_META_BYTES } from '../token/limits.ts';
import { missingBoundClaim } from './bound-claims.ts';
import { type Claims, claimOf, listOf, memberOf } from './claims.ts';
import { algorithmsOf, type JwtConfig } from './jwt-config.ts';
import type { JwtRole } from './jwt-role.ts';
import { readToken, verifyToken } from './jwt-token.ts';
import { MAX_GROUPS } from './limits.ts';
import type { Login } from './login.ts';
import { hasUnboundAudience, problemOfRegisteredClaims } from './registered-claims.ts';

/**
 * Logs in with a token of an issuer, by the rules and in the words of Vault. That there is a
 * configuration (`could not load configuration`) and a role (`missing role`, `role "x" could not be
 * found`), the caller has seen before.
 *
 * @param jwt empty where the request has none
 * @param now Unix milliseconds
 */
export async function loginByJwt(
  config: JwtConfig,
  role: JwtRole,
  jwt: string,
  { now, keys }: { readonly now: number; readonly keys: KeySource },
): Promise<Result<Login>> {
  if (jwt === '') return invalid('missing token');
  const claims = await verifiedClaims(config, jwt, now, keys);
  if (!claims.ok) return invalid(`error validating token: ${claims.failure.message}`);
  const problem = problemOfRegisteredClaims(claims.value, config.boundIssuer, role, now);
  if (problem !== undefined) return invalid(`error validating token: ${problem}`);
  if (hasUnboundAudience(claims.value, role)) {
    return invalid('audience claim found in JWT but no audiences bound to the role');
  }
  const login = loginOf(claims.value, role);
  if (!login.ok) return login;
  const missing = missingBoundClaim(role, claims.value);
  return missing === undefined ? login : invalid(`error validating claims: ${missing}`);
}

/** The claims of a token that is signed by the configuration's issuer; whether they will do is open. */
export async function verifiedClaims(
  config: Pick<JwtConfig, 'keys' | 'supportedAlgs'>,
  jwt: string,
  now: number,
  keys: KeySource,
): Promise<Result<Claims>> {
  const token = readToken(jwt, algorithmsOf(config));
  if (!token.ok) return token;
  const known = await keys(config, { now });
  if (!known.ok) return unverified(known.failure.message);
  const claims = await verifyToken(token.value, known.value);
  if (claims !== undefined) return claims;
  const newer = await keys(config, { now, besides: known.value });
  if (!newer.ok) return unverified(newer.failure.message);
  const claimsByNewer =
    newer.value === known.value ? undefined : await verifyToken(token.value, newer.value);
  return claimsByNewer ?? unverified('no known key successfully validated the token signature');
}

function unverified(why: string): Result<Claims> {
  return invalid(`error verifying token signature: ${why}`);
}

/** Who the claims say has logged in. */
function loginOf(claims: Claims, role: JwtRole): Result<Login> {
  const name = readUser(claims, role);
  if (!name.ok) return name;
  const metadata = readMetadata(claims, role);
  if (!metadata.ok) return metadata;
  const groups = readGroups(claims, role.groupsClaim);
  if (!groups.ok) return groups;
  return ok({
    displayName: name.value,
    alias: { name: name.value, metadata: metadata.value },
    groups: groups.value,
    metadata: metadata.value,
    settings: role.settings,
  });
}

function readUser(claims: Claims, { userClaim, userClaimJsonPointer }: JwtRole): Result<string> {
  const user = userClaimJsonPointer ? claimOf(claims, userClaim) : memberOf(claims, userClaim);
  if (user === undefined) return invalid(`claim ${quote(userClaim)} not found in token`);
  const problem = problemOfText(user);
  if (typeof user !== 'string' || problem !== undefined) {
    return invalid(`claim ${quote(userClaim)} could not be converted to string: it ${problem}`);
  }
  return ok(user);
}

function readMetadata(claims: Claims, role: JwtRole): Result<Record<string, string>> {
  const pairs: [string, string][] = [];
  for (const { claim, key } of role.claimMappings) {
    const value = claimOf(claims, claim);
    if (value === undefined) continue;
    const problem = value === '' ? undefined : problemOfText(value);
    if (typeof value !== 'string' || problem !== undefined) {
      return invalid(`error converting claim '${claim}' to string: it ${problem}`);
    }
    pairs.push([key, value]);
  }
  const metadata = Object.fromEntries([...pairs, ['role', role.name]]);
  const bytes = new TextEncoder().encode(JSON.stringify(metadata)).length;
  if (bytes > MAX_META_BYTES) {
    return invalid(
      `the claims that are mapped to metadata have ${bytes} bytes, at most ${MAX_META_BYTES} are allowed`,
    );
  }
  return ok(metadata);
}

function readGroups(claims: Claims, groupsClaim: string): Result<string[]> {
  if (groupsClaim === '') return ok([]);
  const value = claimOf(claims, groupsClaim);
  if (value === undefined) {
    return invalid(`failed to fetch groups: ${quote(groupsClaim)} claim not found in token`);
  }
  const groups = listOf(value);
  if (groups === undefined) {
    return invalid(`${quote(groupsClaim)} claim could not be converted to string list`);
  }
  if (groups.length > MAX_GROUPS) {
    return invalid(
      `${quote(groupsClaim)} claim has ${groups.length} entries, at most ${MAX_GROUPS} are allowed`,
    );
  }
  const named = groups.filter((group) => group !== '');
  for (const group of named) {
    const problem = problemOfText(group);
    if (problem !== undefined) {
      return invalid(`a value in groups claim could not be parsed as string: it ${problem}`);
    }
  }
  return ok([...new Set(named as string[])]);
}

/** What keeps a claim from being a name that can be stored and compared. */
function problemOfText(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'is none';
  if (value === '') return 'is empty';
  if (value.length > MAX_FIELD_CHARACTERS) {
    return `has ${value.length} characters, at most ${MAX_FIELD_CHARACTERS} are allowed`;
  }
  return value.isWellFormed() ? undefined : 'has an unpaired surrogate';
}
