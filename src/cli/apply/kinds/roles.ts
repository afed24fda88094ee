/** The roles of the auth methods. The rules are those of the server. Pure. */
import { ok, type Result } from '../../../lib/result.ts';
import { checkAppRole, describeAppRole } from '../../../logins/approle.ts';
import { checkJwtRole, describeJwtRole } from '../../../logins/jwt-role.ts';
import { checkRoleName } from '../../../logins/role.ts';
import type { State } from '../state.ts';
import { type Kind, pick, type Reference } from './kind.ts';

export const JWT_ROLE = roleKind({
  name: 'jwt-role',
  path: 'auth/jwt/role',
  check: checkJwtRole,
  describe: describeJwtRole,
  smallest: { user_claim: 'sub', bound_subject: 'x' },
});

/** Its role id and its secret ids are credentials: the server makes them, and no file has them. */
export const APPROLE_ROLE = roleKind({
  name: 'approle-role',
  path: 'auth/approle/role',
  check: checkAppRole,
  // The API returns it, but always as false.
  describe: (role) => without('local_secret_ids', describeAppRole(role)),
  smallest: {},
});

interface RoleRules<R> {
  readonly name: string;
  readonly path: string;
  check(name: string, body: Record<string, unknown>): Result<R>;
  describe(role: R): State;
  /** A spec of any role. All roles have the same members. */
  readonly smallest: Record<string, unknown>;
}

/** The API merges a body with the stored role. A state has every member, so nothing of the stored role remains. */
function roleKind<R>({ name, path, check, describe, smallest }: RoleRules<R>): Kind {
  const stateOf = (role: string, spec: Record<string, unknown>) => {
    const checked = check(role, spec);
    return checked.ok ? ok(describe(checked.value)) : checked;
  };
  const any = stateOf('any', smallest);
  const keys = any.ok ? Object.keys(any.value) : [];
  return {
    name,
    keys,
    pathOf: (role) => `${path}/${role}`,
    listPath: path,
    checkName: checkRoleName,
    check: stateOf,
    stateOf: (data) => pick(data, keys),
    references: tokenPolicies,
  };
}

/** The policies that the tokens of a role get. */
function tokenPolicies({ token_policies: names }: State): Reference[] {
  return Array.isArray(names)
    ? names.map((name) => ({ kind: 'policy', name: String(name), member: 'token_policies' }))
    : [];
}

function without(member: string, { [member]: _, ...others }: State): State {
  return others;
}
