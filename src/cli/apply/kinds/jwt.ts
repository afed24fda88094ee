import type { Fields } from '../../../lib/fields.ts';
import { isListOfTexts } from '../../../lib/json.ts';
import { kindOf } from '../../../lib/quote.ts';
import { ok } from '../../../lib/result.ts';
import { type Kind, pick } from './kind.ts';
import {
  flag,
  list,
  nameInLowerCase,
  object,
  oneOf,
  pairs,
  type Readers,
  readMembers,
  requiredText,
  signedDuration,
  text,
} from './members.ts';
import { checkRoleName, TOKEN_MEMBERS, tokenPolicies } from './roles.ts';

const ROLE_PATH = 'auth/jwt/role';

const CONFIG_MEMBERS: Readers = {
  bound_issuer: text,
  default_role: nameInLowerCase,
  jwks_url: text,
  jwt_supported_algs: list,
  jwt_validation_pubkeys: readKeys,
  oidc_discovery_url: text,
};

const ROLE_MEMBERS: Readers = {
  bound_audiences: list,
  bound_claims: object,
  bound_claims_type: oneOf(['string', 'glob']),
  bound_subject: text,
  claim_mappings: pairs,
  clock_skew_leeway: signedDuration,
  expiration_leeway: signedDuration,
  groups_claim: text,
  not_before_leeway: signedDuration,
  role_type: oneOf(['jwt']),
  user_claim: requiredText,
  user_claim_json_pointer: flag,
  ...TOKEN_MEMBERS,
};

/** A namespace has one. The API replaces it, and cannot delete it. */
export const JWT_CONFIG: Kind = {
  name: 'jwt-config',
  only: 'config',
  keys: Object.keys(CONFIG_MEMBERS),
  pathOf: () => 'auth/jwt/config',
  checkName: ok,
  check: (_name, spec) => readMembers(CONFIG_MEMBERS, spec),
  stateOf: (data) => pick(data, Object.keys(CONFIG_MEMBERS)),
  references: ({ default_role: role }) =>
    role ? [{ kind: 'jwt-role', name: String(role), member: 'default_role' }] : [],
};

/** The API merges a body with the stored role. A state has every member, so nothing of the stored role remains. */
export const JWT_ROLE: Kind = {
  name: 'jwt-role',
  keys: Object.keys(ROLE_MEMBERS),
  pathOf: (name) => `${ROLE_PATH}/${name}`,
  listPath: ROLE_PATH,
  checkName: checkRoleName,
  check: (_name, spec) => readMembers(ROLE_MEMBERS, spec),
  stateOf: (data) => pick(data, Object.keys(ROLE_MEMBERS)),
  references: tokenPolicies,
};

/** A list only: in one text, the API looks for several keys. */
function readKeys(fields: Fields, member: string): string[] {
  const keys = fields.raw(member) ?? [];
  if (isListOfTexts(keys)) return keys.map((key) => key.trim());
  fields.reject(`${member} must be a list of texts, one for each key, not ${kindOf(keys)}`);
  return [];
}
