import type { Fields } from '../../../lib/fields.ts';
import { isListOfTexts } from '../../../lib/json.ts';
import { MAX_PUBLIC_URL_CHARACTERS } from '../../../lib/limits.ts';
import { checkPublicUrl } from '../../../lib/public-url.ts';
import { kindOf } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import type { State } from '../state.ts';
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
import { checkLifetimes, checkRoleName, TOKEN_MEMBERS, tokenPolicies } from './roles.ts';

const ROLE_PATH = 'auth/jwt/role';

/** One block and nothing else. */
const PUBLIC_KEY =
  /^\s*-----BEGIN (PUBLIC KEY|CERTIFICATE)-----[A-Za-z0-9+/=\s]+-----END \1-----\s*$/;

const CONFIG_MEMBERS: Readers = {
  bound_issuer: text,
  default_role: nameInLowerCase,
  jwks_url: url,
  jwt_supported_algs: list,
  jwt_validation_pubkeys: readKeys,
  oidc_discovery_url: url,
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
  check: (_name, spec) => checkOneSource(readMembers(CONFIG_MEMBERS, spec)),
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
  check: (_name, spec) => checkLifetimes(checkBound(readMembers(ROLE_MEMBERS, spec))),
  stateOf: (data) => pick(data, Object.keys(ROLE_MEMBERS)),
  references: tokenPolicies,
};

function checkOneSource(config: Result<State>): Result<State> {
  if (!config.ok) return config;
  const { jwt_validation_pubkeys: keys, jwks_url, oidc_discovery_url } = config.value;
  const given = [isFilled(keys), jwks_url !== '', oidc_discovery_url !== ''].filter(Boolean);
  return given.length === 1
    ? config
    : invalid(
        "exactly one of 'jwt_validation_pubkeys', 'jwks_url' or 'oidc_discovery_url' must be set",
      );
}

function checkBound(role: Result<State>): Result<State> {
  if (!role.ok) return role;
  const { bound_audiences, bound_subject, bound_claims } = role.value;
  return isFilled(bound_audiences) ||
    bound_subject !== '' ||
    isFilled(Object.keys(bound_claims ?? {}))
    ? role
    : invalid('must have at least one bound constraint when creating/updating a role');
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** A plan shows the URL, so it must hold no password. */
function url(fields: Fields, member: string): string {
  const value = fields.text(member, MAX_PUBLIC_URL_CHARACTERS);
  const checked = value === '' ? undefined : checkPublicUrl(value, { allowLoopbackHttp: true });
  if (checked?.ok === false) fields.reject(`${member} ${checked.failure.message}`);
  return value;
}

/** A list only: in one text, the API looks for several keys. A plan shows them, so none can be a secret. */
function readKeys(fields: Fields, member: string): string[] {
  const keys = fields.raw(member) ?? [];
  if (!isListOfTexts(keys)) {
    fields.reject(`${member} must be a list of texts, one for each key, not ${kindOf(keys)}`);
    return [];
  }
  for (const [index, key] of keys.entries()) {
    if (!PUBLIC_KEY.test(key)) {
      fields.reject(
        `${member}[${index}] is not a public key or a certificate in PEM form; give what begins with "-----BEGIN PUBLIC KEY-----", never the private key`,
      );
    }
  }
  return keys.map((key) => key.trim());
}
