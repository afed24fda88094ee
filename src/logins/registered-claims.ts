/**
 * The claims that JWT itself defines (RFC 7519, section 4.1), checked as Vault's library does: what
 * follows for times that are missing, and the leeways, are its rules.
 */
import { type Claims, listOf, memberOf } from './claims.ts';
import type { JwtRole } from './jwt-role.ts';

/** What a role says of these claims. */
type ClaimsRole = Pick<
  JwtRole,
  'boundSubject' | 'boundAudiences' | 'expirationLeeway' | 'notBeforeLeeway' | 'clockSkewLeeway'
>;

/** What a token lives where its end is not said, and how long before its end it begins. */
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
 * What is wrong with the registered claims, in Vault's words; undefined where nothing is.
 *
 * @param boundIssuer empty for any
 * @param now Unix milliseconds
 */
export function problemOfRegisteredClaims(
  claims: Claims,
  boundIssuer: string,
  role: ClaimsRole,
  now: number,
): string | undefined {
  return (
    problemOfTypes(claims) ??
    problemOfText(claims, 'iss', boundIssuer) ??
    problemOfText(claims, 'sub', role.boundSubject) ??
    problemOfAudience(claims, role.boundAudiences) ??
    problemOfTimes(claims, role, now / 1000)
  );
}

/** Whether the token is for somebody in particular, of whom a role without audiences says nothing. */
export function hasUnboundAudience(claims: Claims, role: JwtRole): boolean {
  return role.boundAudiences.length === 0 && audiencesOf(claims).length > 0;
}

function problemOfTypes(claims: Claims): string | undefined {
  for (const [name, problem] of TEXTS) {
    const text = memberOf(claims, name) ?? '';
    if (typeof text !== 'string') return `${problem}: it is not a string`;
  }
  const audiences = listOf(memberOf(claims, 'aud') ?? []);
  if (audiences === undefined || !audiences.every((one) => typeof one === 'string')) {
    return `${AUDIENCE}: it is neither a string nor a list of strings`;
  }
  for (const [name, problem] of TIMES) {
    const time = memberOf(claims, name) ?? 0;
    if (typeof time !== 'number' || !Number.isSafeInteger(Math.trunc(time))) {
      return `${problem}: it is not a time in seconds`;
    }
  }
  return undefined;
}

function problemOfText(claims: Claims, name: string, bound: string): string | undefined {
  return bound === '' || memberOf(claims, name) === bound ? undefined : TEXTS.get(name);
}

function problemOfAudience(claims: Claims, bound: readonly string[]): string | undefined {
  if (bound.length === 0) return undefined;
  const expected = new Set<unknown>(bound);
  return audiencesOf(claims).some((one) => expected.has(one))
    ? undefined
    : `${AUDIENCE}: audience claim does not match any expected audience`;
}

function audiencesOf(claims: Claims): readonly unknown[] {
  return listOf(memberOf(claims, 'aud') ?? []) ?? [];
}

/** @param now in seconds */
function problemOfTimes(claims: Claims, role: ClaimsRole, now: number): string | undefined {
  // A time of 0 counts as missing.
  const [iat, nbf, exp] = ['iat', 'nbf', 'exp'].map((name) =>
    Math.trunc(Number(memberOf(claims, name) ?? 0)),
  ) as [number, number, number];
  if (iat === 0 && nbf === 0 && exp === 0) {
    return 'no issued at (iat), not before (nbf), or expiration time (exp) claims in token';
  }
  const end = exp || Math.max(iat, nbf) + leewayOf(role.expirationLeeway, DEFAULT_LEEWAY_SECONDS);
  const start = nbf || iat || end - leewayOf(role.notBeforeLeeway, DEFAULT_LEEWAY_SECONDS);
  const skew = leewayOf(role.clockSkewLeeway, DEFAULT_CLOCK_SKEW_SECONDS);
  if (now + skew < start) return `${TIMES.get('nbf')}: token not yet valid`;
  if (now - skew > end) return `${TIMES.get('exp')}: token is expired`;
  if (now + skew < iat) return `${TIMES.get('iat')}: token issued in the future`;
  return undefined;
}

/** Of a role: 0 stands for the default, and anything below for none. */
function leewayOf(seconds: number, otherwise: number): number {
  return Math.max(seconds === 0 ? otherwise : seconds, 0);
}
