/** The roles of the JWT auth method: which tokens may log in, and which of their claims are used. */

import { Fields } from '../lib/fields.ts';
import { isJsonObject } from '../lib/json.ts';
import { MAX_FIELD_CHARACTERS, MAX_FIELD_ENTRIES } from '../lib/limits.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result, tooMany } from '../lib/result.ts';
import { isForbiddenMetadataKey } from '../token/token-metadata.ts';
import { asList, type ClaimScalar, isScalar } from './claims.ts';
import {
  checkRoleName,
  checkTokenSettings,
  describeTokenSettings,
  type TokenSettings,
  withCurrentNames,
} from './role.ts';

/** A claim that must have one of these values, or a list with one of them. */
export interface BoundClaim {
  readonly claim: string;
  readonly value: ClaimScalar | readonly ClaimScalar[];
}

/** A claim that is copied to the metadata under this key. */
interface ClaimMapping {
  readonly claim: string;
  readonly key: string;
}

/**
 * Plain JSON: stored as it is. A name of a claim that begins with `/` is a JSON pointer; for the user claim only with
 * `userClaimJsonPointer`.
 */
export interface JwtRole {
  readonly name: string;
  readonly userClaim: string;
  readonly userClaimJsonPointer: boolean;
  readonly boundAudiences: readonly string[];
  readonly boundSubject: string;
  readonly boundClaims: readonly BoundClaim[];
  readonly boundClaimsType: 'string' | 'glob';
  /** Empty if the role reads no groups. */
  readonly groupsClaim: string;
  readonly claimMappings: readonly ClaimMapping[];
  /** Seconds, as written: 0 for the default, less for no leeway. */
  readonly clockSkewLeeway: number;
  readonly expirationLeeway: number;
  readonly notBeforeLeeway: number;
  readonly settings: TokenSettings;
}

/** @param previous the stored role of this name: fields that the body does not have keep their values */
export function checkJwtRole(
  name: string,
  body: Record<string, unknown>,
  previous?: JwtRole,
): Result<JwtRole> {
  const checkedName = checkRoleName(name);
  if (!checkedName.ok) return checkedName;
  const whole = { ...(previous && describeJwtRole(previous)), ...withCurrentNames(body) };
  const fields = new Fields(whole);
  rejectOidc(fields);
  const supported = fields.result(undefined);
  if (!supported.ok) return supported;
  const settings = checkTokenSettings(whole);
  if (!settings.ok) return settings;
  const boundClaimsType = readBoundClaimsType(fields);
  const role = {
    name: checkedName.value,
    userClaim: fields.text('user_claim'),
    userClaimJsonPointer: fields.flag('user_claim_json_pointer'),
    boundAudiences: fields.list('bound_audiences'),
    boundSubject: fields.text('bound_subject'),
    boundClaims: readBoundClaims(fields, boundClaimsType),
    boundClaimsType,
    groupsClaim: fields.text('groups_claim'),
    claimMappings: readClaimMappings(fields),
    clockSkewLeeway: fields.signedDuration('clock_skew_leeway'),
    expirationLeeway: fields.signedDuration('expiration_leeway'),
    notBeforeLeeway: fields.signedDuration('not_before_leeway'),
    settings: settings.value,
  };
  if (role.userClaim === '') fields.reject('a user claim must be defined on the role');
  if (
    role.boundAudiences.length === 0 &&
    role.boundSubject === '' &&
    role.boundClaims.length === 0
  ) {
    fields.reject('must have at least one bound constraint when creating/updating a role');
  }
  return fields.result(role);
}

/** The role as the API returns it. Writing it again changes nothing. */
export function describeJwtRole(role: JwtRole): Record<string, unknown> {
  return {
    bound_audiences: role.boundAudiences,
    bound_claims: Object.fromEntries(role.boundClaims.map(({ claim, value }) => [claim, value])),
    bound_claims_type: role.boundClaimsType,
    bound_subject: role.boundSubject,
    claim_mappings: Object.fromEntries(role.claimMappings.map(({ claim, key }) => [claim, key])),
    clock_skew_leeway: role.clockSkewLeeway,
    expiration_leeway: role.expirationLeeway,
    groups_claim: role.groupsClaim,
    not_before_leeway: role.notBeforeLeeway,
    role_type: 'jwt',
    user_claim: role.userClaim,
    user_claim_json_pointer: role.userClaimJsonPointer,
    ...describeTokenSettings(role.settings),
  };
}

/** In Vault the default `role_type` is `oidc`. Here all roles are of type `jwt`. */
function rejectOidc(fields: Fields): void {
  const type = fields.text('role_type');
  const why = 'this server does not log in with a browser (OIDC); use role_type "jwt"';
  if (type === 'oidc') fields.reject(`role_type "oidc" is not supported: ${why}`);
  if (type !== '' && type !== 'jwt') fields.reject(`invalid 'role_type': ${quote(type)}`);
  fields.rejectUnlessEmpty('allowed_redirect_uris', why);
  fields.rejectUnlessEmpty(
    'token_policies_template_claims',
    'policies of a role are names; use a policy with templates of the alias metadata',
  );
}

function readBoundClaimsType(fields: Fields): JwtRole['boundClaimsType'] {
  const type = fields.text('bound_claims_type');
  if (type === 'glob') return 'glob';
  if (type !== '' && type !== 'string')
    fields.reject(`invalid 'bound_claims_type': ${quote(type)}`);
  return 'string';
}

function readBoundClaims(fields: Fields, type: JwtRole['boundClaimsType']): BoundClaim[] {
  const written = fields.raw('bound_claims') ?? {};
  if (!isJsonObject(written)) {
    fields.reject(`bound_claims must be an object, not ${kindOf(written)}`);
    return [];
  }
  const claims = Object.entries(written);
  // All values together bound the time of matching. A claim without values counts, but can never match.
  const values = claims.reduce((count, [, value]) => count + (asList(value)?.length ?? 1), 0);
  const entries = Math.max(claims.length, values);
  if (entries > MAX_FIELD_ENTRIES) {
    fields.reject(`bound_claims has ${entries} values, at most ${MAX_FIELD_ENTRIES} are allowed`);
    return [];
  }
  return claims.map(([claim, value]) => {
    return fields.take(checkBoundClaim(claim, value, type), { claim, value: '' });
  });
}

function checkBoundClaim(
  claim: string,
  value: unknown,
  type: JwtRole['boundClaimsType'],
): Result<BoundClaim> {
  if (claim.length > MAX_FIELD_CHARACTERS) {
    return tooMany(
      `the claim name ${quote(claim)}`,
      claim.length,
      'characters',
      MAX_FIELD_CHARACTERS,
    );
  }
  const values = asList(value);
  if (values === undefined || !values.every(isScalar)) {
    return invalid(
      `bound claim ${quote(claim)} is not a string, a number, true or false, or a list of these`,
    );
  }
  if (type === 'glob' && !values.every((one) => typeof one === 'string')) {
    return invalid(`bound claim ${quote(claim)}: claim is not a string, as globs are`);
  }
  if (values.some((one) => typeof one === 'string' && one.length > MAX_FIELD_CHARACTERS)) {
    return invalid(
      `bound claim ${quote(claim)} has a value of more than ${MAX_FIELD_CHARACTERS} characters`,
    );
  }
  return ok({ claim, value: value as BoundClaim['value'] });
}

function readClaimMappings(fields: Fields): ClaimMapping[] {
  const mappings = fields.pairs('claim_mappings').map(([claim, key]) => ({ claim, key }));
  const keys = new Set<string>();
  for (const { key } of mappings) {
    if (key === 'role' || isForbiddenMetadataKey(key)) {
      fields.reject(`metadata key ${quote(key)} is reserved and may not be a mapping destination`);
    }
    if (keys.has(key)) fields.reject(`multiple keys are mapped to metadata key ${quote(key)}`);
    keys.add(key);
  }
  return mappings;
}
