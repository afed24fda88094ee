/** Checks the claims that a role binds. */
import { compileGlob } from '../event/glob.ts';
import { MAX_FIELD_ENTRIES } from '../lib/limits.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { asList, type Claims, claimOf } from './claims.ts';
import type { BoundClaim, JwtRole } from './jwt-role.ts';

/**
 * A bound claim needs one value that the role allows. Values of different types are different: `1` is neither `"1"` nor
 * `true`. The messages are Vault's.
 */
export function checkBoundClaims(role: JwtRole, claims: Claims): Result<Claims> {
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
      return invalid(
        `received claim ${quote(bound.claim)} has ${values.length} entries, at most ${MAX_FIELD_ENTRIES} are allowed`,
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
