/**
 * Checks the claims that JWT itself defines (RFC 7519, section 4.1) with the rules of Vault's library, also for missing
 * times and for leeways.
 */
import { invalid, ok, type Result } from '../lib/result.ts';
import { asList, type Claims, memberOf } from './claims.ts';
import type { JwtRole } from './jwt-role.ts';

/** What a role says about these claims. */
type ClaimsRole = Pick<
  JwtRole,
  'boundSubject' | 'boundAudiences' | 'expirationLeeway' | 'notBeforeLeeway' | 'clockSkewLeeway'
>;

/** The life of a token without `exp`, and how long a token without `nbf` is valid before its `exp`. */
const DEFAULT_LEEWAY_SECONDS = 150;
const DEFAULT_CLOCK_SKEW_SECONDS = 60;

const TEXTS = new Map([
  ['iss', 'invalid issuer (iss) claim'],
  ['sub', 'invalid subject (sub) claim'],
  ['jti', 'invalid ID (jti) claim'],
]);
const AUDIENCE = 'invalid audience (aud) claim';
const TIMES = new Map([
  ['iat', 'invalid issued at (iat) claim'],
  ['nbf', 'invalid not before (nbf) claim'],
  ['exp', 'invalid expiration time (exp) claim'],
]);

/**
 * @param boundIssuer empty for any issuer
 * @param now Unix milliseconds
 */
export function checkRegisteredClaims(
  claims: Claims,
  boundIssuer: string,
  role: ClaimsRole,
  now: number,
): Result<Claims> {
  const typed = checkTypes(claims);
  if (!typed.ok) return typed;
  for (const [name, bound] of [
    ['iss', boundIssuer],
    ['sub', role.boundSubject],
  ] as const) {
    if (bound !== '' && memberOf(claims, name) !== bound) return invalid(`${TEXTS.get(name)}`);
  }
  const { boundAudiences } = role;
  if (boundAudiences.length > 0 && !hasAudience(claims, boundAudiences)) {
    return invalid(`${AUDIENCE}: audience claim does not match any expected audience`);
  }
  return checkTimes(claims, role, now / 1000);
}

/** Whether the token is for certain audiences while the role binds none. */
export function hasUnboundAudience(claims: Claims, role: JwtRole): boolean {
  return role.boundAudiences.length === 0 && audiencesOf(claims).length > 0;
}

function checkTypes(claims: Claims): Result<Claims> {
  for (const [name, failure] of TEXTS) {
    const text = memberOf(claims, name) ?? '';
    if (typeof text !== 'string') return invalid(`${failure}: it is not a string`);
  }
  const audiences = asList(memberOf(claims, 'aud') ?? []);
  if (audiences === undefined || !audiences.every((one) => typeof one === 'string')) {
    return invalid(`${AUDIENCE}: it is neither a string nor a list of strings`);
  }
  for (const [name, failure] of TIMES) {
    const time = memberOf(claims, name) ?? 0;
    if (typeof time !== 'number' || !Number.isSafeInteger(Math.trunc(time))) {
      return invalid(`${failure}: it is not a time in seconds`);
    }
  }
  return ok(claims);
}

function hasAudience(claims: Claims, bound: readonly string[]): boolean {
  const expected = new Set<unknown>(bound);
  return audiencesOf(claims).some((one) => expected.has(one));
}

function audiencesOf(claims: Claims): readonly unknown[] {
  return asList(memberOf(claims, 'aud') ?? []) ?? [];
}

/** @param now in seconds */
function checkTimes(claims: Claims, role: ClaimsRole, now: number): Result<Claims> {
  // A time of 0 counts as missing.
  const [iat, nbf, exp] = ['iat', 'nbf', 'exp'].map((name) =>
    Math.trunc(Number(memberOf(claims, name) ?? 0)),
  ) as [number, number, number];
  if (iat === 0 && nbf === 0 && exp === 0) {
    return invalid(
      'no issued at (iat), not before (nbf), or expiration time (exp) claims in token',
    );
  }
  const end = exp || Math.max(iat, nbf) + leewayOf(role.expirationLeeway, DEFAULT_LEEWAY_SECONDS);
  const start = nbf || iat || end - leewayOf(role.notBeforeLeeway, DEFAULT_LEEWAY_SECONDS);
  const skew = leewayOf(role.clockSkewLeeway, DEFAULT_CLOCK_SKEW_SECONDS);
  if (now + skew < start) return invalid(`${TIMES.get('nbf')}: token not yet valid`);
  if (now - skew > end) return invalid(`${TIMES.get('exp')}: token is expired`);
  if (now + skew < iat) return invalid(`${TIMES.get('iat')}: token issued in the future`);
  return ok(claims);
}

/** @param seconds as in the role: 0 for the default, less for no leeway */
function leewayOf(seconds: number, otherwise: number): number {
  return Math.max(seconds === 0 ? otherwise : seconds, 0);
}
