/** Logging in with a JWT. */

import { compileGlob } from '../event/glob.ts';
import { MAX_FIELD_CHARACTERS, MAX_FIELD_ENTRIES } from '../lib/limits.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result, tooMany } from '../lib/result.ts';
import { MAX_META_BYTES } from '../token/limits.ts';
import { asList, type Claims, claimOf, memberOf } from './claims.ts';
import type { JwtConfig } from './jwt-config.ts';
import type { BoundClaim, JwtRole } from './jwt-role.ts';
import { type KeySource, verifiedClaims } from './jwt-token.ts';
import { MAX_GROUPS } from './limits.ts';
import type { Login } from './login.ts';
import { checkRegisteredClaims, hasUnboundAudience } from './registered-claims.ts';

/**
 * Logs in with a token of an issuer, with Vault's rules and messages. The caller has already found the configuration
 * (`could not load configuration`) and the role (`missing role`, `role "x" could not be found`).
 *
 * @param jwt empty if the request has none
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
  const registered = checkRegisteredClaims(claims.value, config.boundIssuer, role, now);
  if (!registered.ok) return invalid(`error validating token: ${registered.failure.message}`);
  if (hasUnboundAudience(claims.value, role)) {
    return invalid('audience claim found in JWT but no audiences bound to the role');
  }
  const login = loginOf(claims.value, role);
  if (!login.ok) return login;
  const bound = checkBoundClaims(role, claims.value);
  return bound.ok ? login : invalid(`error validating claims: ${bound.failure.message}`);
}

/** The identity that the claims describe. */
function loginOf(claims: Claims, role: JwtRole): Result<Login> {
  const name = readUser(claims, role);
  if (!name.ok) return name;
  const metadata = mappedMetadata(claims, role);
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
  const name = checkName(user);
  return name.ok
    ? name
    : invalid(
        `claim ${quote(userClaim)} could not be converted to string: it ${name.failure.message}`,
      );
}

function mappedMetadata(claims: Claims, role: JwtRole): Result<Record<string, string>> {
  const pairs: [string, string][] = [];
  for (const { claim, key } of role.claimMappings) {
    const value = claimOf(claims, claim);
    if (value === undefined) continue;
    const text = value === '' ? ok('') : checkName(value);
    if (!text.ok) {
      return invalid(`error converting claim '${claim}' to string: it ${text.failure.message}`);
    }
    pairs.push([key, text.value]);
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
  const groups = asList(value);
  if (groups === undefined) {
    return invalid(`${quote(groupsClaim)} claim could not be converted to string list`);
  }
  if (groups.length > MAX_GROUPS) {
    return tooMany(`${quote(groupsClaim)} claim`, groups.length, 'entries', MAX_GROUPS);
  }
  const names = new Set<string>();
  for (const group of groups) {
    if (group === '') continue;
    const name = checkName(group);
    if (!name.ok) {
      return invalid(
        `a value in groups claim could not be parsed as string: it ${name.failure.message}`,
      );
    }
    names.add(name.value);
  }
  return ok([...names]);
}

/** Checks that a claim can be stored and compared as a name. The message of a failure is to follow `it`. */
function checkName(value: unknown): Result<string> {
  if (typeof value !== 'string') return invalid('is none');
  if (value === '') return invalid('is empty');
  if (value.length > MAX_FIELD_CHARACTERS) {
    return invalid(`has ${value.length} characters, at most ${MAX_FIELD_CHARACTERS} are allowed`);
  }
  return value.isWellFormed() ? ok(value) : invalid('has an unpaired surrogate');
}

/**
 * A bound claim needs one value that the role allows. Values of different types are different: `1` is neither `"1"` nor
 * `true`. The messages are Vault's.
 */
function checkBoundClaims(role: JwtRole, claims: Claims): Result<Claims> {
  for (const bound of role.boundClaims) {
    const value = claimOf(claims, bound.claim);
    if (value === undefined) return invalid(`claim ${quote(bound.claim)} is missing`);
    const values = asList(value);
    if (values === undefined) {
      return invalid(
        `received claim ${quote(bound.claim)} is not a string, bool, int or list: it is ${kindOf(value)}`,
      );
    }
    if (values.length > MAX_FIELD_ENTRIES) {
      return tooMany(
        `received claim ${quote(bound.claim)}`,
        values.length,
        'entries',
        MAX_FIELD_ENTRIES,
      );
    }
    if (!matches(bound, values, role.boundClaimsType)) {
      return invalid(
        `claim ${quote(bound.claim)} does not match any associated bound claim values`,
      );
    }
  }
  return ok(claims);
}

function matches(
  { value }: BoundClaim,
  received: readonly unknown[],
  type: JwtRole['boundClaimsType'],
): boolean {
  const expected = asList(value) ?? [];
  if (type === 'string') {
    const wanted = new Set(expected);
    return received.some((one) => wanted.has(one));
  }
  const globs = expected.map((pattern) => compileGlob(String(pattern)));
  const texts = received.filter((one) => typeof one === 'string');
  return globs.some((glob) => texts.some(glob));
}
