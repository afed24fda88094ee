/** Whether a token has the claims that a role asks for. */
import { compileGlob } from '../event/glob.ts';
import { MAX_FIELD_ENTRIES } from '../lib/limits.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { type Claims, claimOf, listOf } from './claims.ts';
import type { BoundClaim, JwtRole } from './jwt-role.ts';

/**
 * What the claims lack of those that the role binds, in Vault's words; undefined where nothing. One value
 * that both have is enough. Values are compared with their kind: `1` is neither `"1"` nor `true`.
 */
export function missingBoundClaim(role: JwtRole, claims: Claims): string | undefined {
  for (const bound of role.boundClaims) {
    const value = claimOf(claims, bound.claim);
    if (value === undefined) return `claim ${quote(bound.claim)} is missing`;
    const values = listOf(value);
    if (values === undefined) {
      return `received claim ${quote(bound.claim)} is not a string, bool, int or list: it is ${kindOf(value)}`;
    }
    if (values.length > MAX_FIELD_ENTRIES) {
      return `received claim ${quote(bound.claim)} has ${values.length} entries, at most ${MAX_FIELD_ENTRIES} are allowed`;
    }
    if (!matches(bound, values, role.boundClaimsType)) {
      return `claim ${quote(bound.claim)} does not match any associated bound claim values`;
    }
  }
  return undefined;
}

function matches(
  { value }: BoundClaim,
  received: readonly unknown[],
  type: JwtRole['boundClaimsType'],
): boolean {
  const expected = listOf(value) ?? [];
  if (type === 'string') {
    const wanted = new Set(expected);
    return received.some((one) => wanted.has(one));
  }
  const globs = expected.map((pattern) => compileGlob(String(pattern)));
  const texts = received.filter((one) => typeof one === 'string');
  return globs.some((glob) => texts.some(glob));
}
