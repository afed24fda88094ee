/** What the roles of all auth methods have in common. Pure. */
import type { Fields } from '../../../lib/fields.ts';
import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { MAX_POLICIES_PER_TOKEN } from '../../../policy/limits.ts';
import { checkPolicyName } from '../../../policy/policy-name.ts';
import { MAX_TOKEN_USES } from '../../../token/limits.ts';
import type { State } from '../state.ts';
import type { Reference } from './kind.ts';
import { count, duration, flag, type Readers, unsupported } from './members.ts';

const ROLE_NAME = /^\w(?:[\w.-]{0,126}\w)?$/;

export const NO_ADDRESSES =
  'the server does not know reliably which address a request came from; remove it';

/** The members for the tokens of the logins. */
export const TOKEN_MEMBERS: Readers = {
  token_bound_cidrs: unsupported([], NO_ADDRESSES),
  token_explicit_max_ttl: duration,
  token_max_ttl: duration,
  token_no_default_policy: flag,
  token_num_uses: count(MAX_TOKEN_USES),
  token_period: duration,
  token_policies: readPolicies,
  token_ttl: duration,
  token_type: readTokenType,
};

/** @returns the name in lower case: names of roles are not case-sensitive */
export function checkRoleName(name: string): Result<string> {
  return ROLE_NAME.test(name)
    ? ok(name.toLowerCase())
    : invalid(
        `the role name ${quote(name)} must be of letters, digits, "_", "." and "-", neither begin nor end with the last two, and have at most 128 characters`,
      );
}

export function checkLifetimes(role: Result<State>): Result<State> {
  if (!role.ok) return role;
  const [ttl, max] = [Number(role.value.token_ttl), Number(role.value.token_max_ttl)];
  return max > 0 && ttl > max
    ? invalid("'token_ttl' cannot be greater than 'token_max_ttl'")
    : role;
}

/** The policies that the tokens of a role get. */
export function tokenPolicies({ token_policies: names }: State): Reference[] {
  return Array.isArray(names)
    ? names.map((name) => ({ kind: 'policy', name: String(name), member: 'token_policies' }))
    : [];
}

function readPolicies(fields: Fields, member: string): string[] {
  const names = fields.list(member, MAX_POLICIES_PER_TOKEN).map((name) => name.toLowerCase());
  if (names.includes('root')) {
    fields.reject(`${member} has "root"; a login cannot create root tokens, so remove it`);
  }
  for (const name of names) fields.take(checkPolicyName(name), name);
  return [...new Set(names)];
}

function readTokenType(fields: Fields, member: string): string {
  const type = fields.text(member).replace(/^default-/, '') || 'default';
  if (type !== 'default' && type !== 'service') {
    fields.reject(`${member} is ${quote(type)}; there are "default" and "service"`);
  }
  return type;
}
