/** The options of a role: for the tokens of its logins, and for what each method checks. */
import { ok } from '../../lib/result.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import { numberOption } from '../command/number-option.ts';
import type { Options, ValuesOf } from '../command/options.ts';
import { parsePairs } from '../input/input.ts';
import type { Method } from './auth-methods.ts';

const TOKEN_OPTIONS = {
  policy: {
    type: 'string',
    value: 'name',
    help: 'policy of the tokens',
    multiple: true,
    defaultHelp: 'only "default"',
  },
  'token-ttl': {
    type: 'string',
    value: 'duration',
    help: 'how long a token lives unless it is renewed: 90s, 1h30m, 2d',
  },
  'token-max-ttl': {
    type: 'string',
    value: 'duration',
    help: 'how long a token lives at most, renewed or not',
  },
  'token-period': {
    type: 'string',
    value: 'duration',
    help: 'a token lives as long as it is renewed within this time',
  },
  'token-num-uses': {
    type: 'string',
    value: 'number',
    help: 'how many requests a token can make; 0 for any number',
  },
} as const satisfies Options;

const APPROLE_OPTIONS = {
  'secret-id-ttl': {
    type: 'string',
    value: 'duration',
    help: 'approle: how long a secret id can be used',
    defaultHelp: 'for ever',
  },
  'secret-id-num-uses': {
    type: 'string',
    value: 'number',
    help: 'approle: how many logins a secret id allows; 0 for any number',
  },
} as const satisfies Options;

const JWT_OPTIONS = {
  'user-claim': {
    type: 'string',
    value: 'claim',
    help: 'jwt: the claim that names the user, such as sub; required for a new role',
  },
  'bound-audience': {
    type: 'string',
    value: 'audience',
    help: 'jwt: an accepted "aud"',
    multiple: true,
  },
  'bound-subject': { type: 'string', value: 'subject', help: 'jwt: the "sub" that is required' },
  'bound-claim': {
    type: 'string',
    value: 'claim=value',
    help: 'jwt: a claim that is required; several values of one claim are alternatives',
    multiple: true,
  },
  'bound-claims-type': {
    type: 'string',
    value: 'string|glob',
    help: 'jwt: whether values of bound claims are globs',
    choices: ['string', 'glob'],
  },
  'groups-claim': { type: 'string', value: 'claim', help: 'jwt: the claim that lists groups' },
  'claim-mapping': {
    type: 'string',
    value: 'claim=key',
    help: 'jwt: a claim that becomes metadata of the token',
    multiple: true,
  },
} as const satisfies Options;

export const ROLE_OPTIONS = { ...TOKEN_OPTIONS, ...APPROLE_OPTIONS, ...JWT_OPTIONS } as const;

type RoleValues = ValuesOf<typeof ROLE_OPTIONS>;

/** The body of the request that writes a role: the members that were given. */
export function roleBody(
  method: Method,
  values: RoleValues,
): CommandResult<Readonly<Record<string, unknown>>> {
  const foreign = Object.keys(method === 'jwt' ? APPROLE_OPTIONS : JWT_OPTIONS);
  const wrong = foreign.find((name) => Object.hasOwn(values, name));
  if (wrong !== undefined) {
    return wrongUse(`--${wrong} is an option of ${method === 'jwt' ? 'approle' : 'jwt'} roles`);
  }
  const uses = numberOption('token-num-uses', values['token-num-uses']);
  if (!uses.ok) return uses;
  const logins = numberOption('secret-id-num-uses', values['secret-id-num-uses']);
  if (!logins.ok) return logins;
  const claims = boundClaims(values['bound-claim'] ?? []);
  if (!claims.ok) return claims;
  const mappings = parsePairs(values['claim-mapping'] ?? []);
  if (!mappings.ok) return wrongUse(`--claim-mapping: ${mappings.failure.message}`);
  return ok({
    ...(method === 'jwt' && { role_type: 'jwt' }),
    token_policies: values.policy,
    token_ttl: values['token-ttl'],
    token_max_ttl: values['token-max-ttl'],
    token_period: values['token-period'],
    token_num_uses: uses.value,
    secret_id_ttl: values['secret-id-ttl'],
    secret_id_num_uses: logins.value,
    user_claim: values['user-claim'],
    bound_audiences: values['bound-audience'],
    bound_subject: values['bound-subject'],
    bound_claims: values['bound-claim'] && claims.value,
    bound_claims_type: values['bound-claims-type'],
    groups_claim: values['groups-claim'],
    claim_mappings: values['claim-mapping'] && mappings.value,
  });
}

/** A list for each claim: any of its values is accepted. */
function boundClaims(
  texts: readonly string[],
): CommandResult<Readonly<Record<string, readonly string[]>>> {
  const claims = new Map<string, string[]>();
  for (const text of texts) {
    const pair = parsePairs([text]);
    if (!pair.ok) return wrongUse(`--bound-claim: ${pair.failure.message}`);
    for (const [claim, value] of Object.entries(pair.value)) {
      claims.set(claim, [...(claims.get(claim) ?? []), value]);
    }
  }
  return ok(Object.fromEntries(claims));
}
