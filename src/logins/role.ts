import { Fields } from '../lib/fields.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result, tooMany } from '../lib/result.ts';
import { MAX_POLICIES_PER_TOKEN } from '../policy/limits.ts';
import { checkPolicyName } from '../policy/policy-name.ts';
import { MAX_TOKEN_USES } from '../token/limits.ts';
import { MAX_ROLE_NAME_CHARACTERS } from './limits.ts';

/** The names that Vault's routes for roles accept. */
const NAME = /^\w(?:[\w.-]*\w)?$/;

/** @returns the name in lower case: names of roles are not case-sensitive */
export function checkRoleName(name: string): Result<string> {
  if (name === '') return invalid('missing role name');
  if (name.length > MAX_ROLE_NAME_CHARACTERS) {
    return tooMany('the role name', name.length, 'characters', MAX_ROLE_NAME_CHARACTERS);
  }
  if (!NAME.test(name)) {
    return invalid(
      `the role name ${quote(name)} must be of letters, digits, "_", "." and "-", and neither begin nor end with the last two`,
    );
  }
  return ok(name.toLowerCase());
}

/** Durations are in seconds; 0 sets no bound. */
export interface TokenSettings {
  /** In lower case, without duplicates, in the order of the body. */
  readonly policies: readonly string[];
  readonly ttl: number;
  readonly maxTtl: number;
  readonly explicitMaxTtl: number;
  readonly noDefaultPolicy: boolean;
  readonly numUses: number;
  readonly period: number;
  /** As written; both make service tokens. */
  readonly type: 'default' | 'service';
}

/** The old names of the fields. If a body has both names, the new one is used. */
const OLD_NAMES = new Map([
  ['policies', 'token_policies'],
  ['ttl', 'token_ttl'],
  ['max_ttl', 'token_max_ttl'],
  ['num_uses', 'token_num_uses'],
  ['period', 'token_period'],
  ['bound_cidrs', 'token_bound_cidrs'],
]);

/** Renames fields with old names. */
export function withCurrentNames(body: Record<string, unknown>): Record<string, unknown> {
  const members = Object.entries(body).filter(([, value]) => value !== null);
  const renamed = members.map(([name, value]) => [OLD_NAMES.get(name) ?? name, value] as const);
  return Object.fromEntries([...renamed, ...members.filter(([name]) => name.startsWith('token_'))]);
}

/** Checks the `token_*` fields of a role; the auth method checks the other fields. */
export function checkTokenSettings(body: Record<string, unknown>): Result<TokenSettings> {
  const fields = new Fields(withCurrentNames(body));
  const why =
    'the address that a request came from is not known reliably here, so no token can be bound to it';
  fields.rejectUnlessEmpty('token_bound_cidrs', why);
  fields.rejectUnlessEmpty('token_strictly_bind_ip', why);
  const settings: TokenSettings = {
    policies: readPolicies(fields),
    ttl: fields.duration('token_ttl'),
    maxTtl: fields.duration('token_max_ttl'),
    explicitMaxTtl: fields.duration('token_explicit_max_ttl'),
    noDefaultPolicy: fields.flag('token_no_default_policy'),
    numUses: fields.count('token_num_uses', MAX_TOKEN_USES),
    period: fields.duration('token_period'),
    type: readType(fields),
  };
  if (settings.maxTtl > 0 && settings.ttl > settings.maxTtl) {
    fields.reject("'token_ttl' cannot be greater than 'token_max_ttl'");
  }
  return fields.result(settings);
}

/** The settings as the API returns them. Writing them again changes nothing. */
export function describeTokenSettings(settings: TokenSettings): Record<string, unknown> {
  return {
    token_bound_cidrs: [],
    token_explicit_max_ttl: settings.explicitMaxTtl,
    token_max_ttl: settings.maxTtl,
    token_no_default_policy: settings.noDefaultPolicy,
    token_num_uses: settings.numUses,
    token_period: settings.period,
    token_policies: settings.policies,
    token_ttl: settings.ttl,
    token_type: settings.type,
  };
}

function readPolicies(fields: Fields): string[] {
  const names = fields
    .list('token_policies', MAX_POLICIES_PER_TOKEN)
    .map((name) => name.toLowerCase())
    .filter((name) => name !== '');
  if (names.includes('root')) fields.reject('auth methods cannot create root tokens');
  for (const name of names) {
    const checked = checkPolicyName(name);
    if (!checked.ok) fields.reject(checked.failure.message);
  }
  return [...new Set(names)];
}

function readType(fields: Fields): TokenSettings['type'] {
  const type = fields.text('token_type');
  switch (type) {
    case '':
    case 'default':
      return 'default';
    case 'service':
    case 'default-service':
      return 'service';
    case 'batch':
    case 'default-batch':
      fields.reject(`token_type ${quote(type)} is not supported: this server makes service tokens`);
      return 'default';
    default:
      fields.reject(`invalid 'token_type' value ${quote(type)}`);
      return 'default';
  }
}
