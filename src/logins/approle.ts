/** The rules of the AppRole auth method: roles and secret ids. The caller stores them. */

import { formatTimestamp } from '../event/time.ts';
import { Fields } from '../lib/fields.ts';
import { isJsonObject } from '../lib/json.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result, tooMany } from '../lib/result.ts';
import { parseJson } from '../lib/text.ts';
import { MAX_META_BYTES, MAX_TOKEN_USES } from '../token/limits.ts';
import { isForbiddenMetadataKey } from '../token/token-metadata.ts';
import type { Login } from './login.ts';
import {
  checkRoleName,
  checkTokenSettings,
  describeTokenSettings,
  type TokenSettings,
  withCurrentNames,
} from './role.ts';

/** Plain JSON: stored as it is. A login needs the role's id and a secret id. */
export interface AppRole {
  readonly name: string;
  /** Seconds; 0 if secret ids do not expire. */
  readonly secretIdTtl: number;
  /** How many logins a secret id allows; 0 for any number. */
  readonly secretIdNumUses: number;
  readonly settings: TokenSettings;
}

/** The properties of a new secret id. */
export interface SecretIdRequest {
  readonly metadata: Readonly<Record<string, string>>;
  /** Seconds; 0 if it does not expire. */
  readonly ttl: number;
  /** 0 for any number. */
  readonly numUses: number;
}

/** A stored secret id: `numUses` is the number that is left. Times are Unix milliseconds. */
export interface SecretId extends SecretIdRequest {
  readonly accessor: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const NO_ADDRESSES =
  'the address that a request came from is not known reliably here, so no secret id can be bound to it';

export const ROLE_ID_IN_USE = 'role_id is already in use by another role';

/** Go's zero time, which means that there is none. */
const NEVER = '0001-01-01T00:00:00Z';

/**
 * Checks a role: `{bind_secret_id, secret_id_ttl, secret_id_num_uses, token_*}`. A role without `bind_secret_id` is
 * rejected: Vault would require an address instead, and this server cannot bind to addresses.
 *
 * @param previous the stored role of this name: fields that the body does not have keep their values
 */
export function checkAppRole(
  name: string,
  body: Record<string, unknown>,
  previous?: AppRole,
): Result<AppRole> {
  const checkedName = checkRoleName(name);
  if (!checkedName.ok) return checkedName;
  const whole = {
    bind_secret_id: true,
    ...(previous && describeAppRole(previous)),
    ...withCurrentNames(body),
  };
  const fields = new Fields(whole);
  fields.rejectUnlessEmpty('secret_id_bound_cidrs', NO_ADDRESSES);
  fields.rejectUnlessEmpty('bound_cidr_list', NO_ADDRESSES);
  const settings = checkTokenSettings(whole);
  if (!settings.ok) return settings;
  const role = {
    name: checkedName.value,
    secretIdTtl: fields.duration('secret_id_ttl'),
    secretIdNumUses: fields.count('secret_id_num_uses', MAX_TOKEN_USES),
    settings: settings.value,
  };
  if (!fields.flag('bind_secret_id')) {
    fields.reject('at least one constraint should be enabled on the role');
  }
  return fields.result(role);
}

/** The role as the API returns it. Writing it again changes nothing. */
export function describeAppRole(role: AppRole): Record<string, unknown> {
  return {
    bind_secret_id: true,
    local_secret_ids: false,
    secret_id_bound_cidrs: [],
    secret_id_num_uses: role.secretIdNumUses,
    secret_id_ttl: role.secretIdTtl,
    ...describeTokenSettings(role.settings),
  };
}

/** Checks a request for a secret id: `{metadata, ttl, num_uses}`. The role has the defaults and the upper bounds. */
export function checkSecretIdRequest(
  role: AppRole,
  body: Record<string, unknown>,
): Result<SecretIdRequest> {
  const fields = new Fields(body);
  fields.rejectUnlessEmpty('cidr_list', NO_ADDRESSES);
  fields.rejectUnlessEmpty('token_bound_cidrs', NO_ADDRESSES);
  const numUses = withinBound(
    role.secretIdNumUses,
    fields.raw('num_uses'),
    fields.count('num_uses', MAX_TOKEN_USES),
  );
  if (numUses === undefined) {
    fields.reject("num_uses cannot be higher than the role's secret_id_num_uses");
  }
  const ttl = withinBound(role.secretIdTtl, fields.raw('ttl'), fields.duration('ttl'));
  if (ttl === undefined) fields.reject("ttl cannot be longer than the role's secret_id_ttl");
  const metadata = readSecretIdMetadata(fields.raw('metadata'));
  if (!metadata.ok) fields.reject(`failed to parse metadata: ${metadata.failure.message}`);
  return fields.result({
    metadata: metadata.ok ? metadata.value : {},
    ttl: ttl ?? 0,
    numUses: numUses ?? 0,
  });
}

/** The secret id as the API returns it. */
export function describeSecretId(secretId: SecretId): Record<string, unknown> {
  const { createdAt, ttl } = secretId;
  return {
    cidr_list: [],
    creation_time: formatTimestamp(createdAt),
    expiration_time: ttl === 0 ? NEVER : formatTimestamp(createdAt + ttl * 1000),
    last_updated_time: formatTimestamp(secretId.updatedAt),
    metadata: secretId.metadata,
    secret_id_accessor: secretId.accessor,
    secret_id_num_uses: secretId.numUses,
    secret_id_ttl: ttl,
    token_bound_cidrs: [],
  };
}

/** @param secretId one that was verified, as was the role id */
export function loginByAppRole(role: AppRole, roleId: string, secretId: SecretIdRequest): Login {
  const metadata = { ...secretId.metadata, role_name: role.name };
  return {
    displayName: '',
    alias: { name: roleId, metadata },
    groups: [],
    metadata,
    settings: role.settings,
  };
}

/** @returns the asked value, or the bound if none is asked; undefined if the asked value is above the bound */
function withinBound(bound: number, asked: unknown, value: number): number | undefined {
  if (asked === undefined) return bound;
  return bound > 0 && (value === 0 || value > bound) ? undefined : value;
}

/** An object, or JSON in a string, which is the only form in Vault. */
function readSecretIdMetadata(value: unknown): Result<Record<string, string>> {
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) return ok({});
  const json = typeof value === 'string' ? parseJson(value) : ok(value);
  if (!json.ok) return json;
  if (!isJsonObject(json.value)) {
    return invalid(`it must be a JSON object of strings, not ${kindOf(json.value)}`);
  }
  for (const [key, member] of Object.entries(json.value)) {
    if (typeof member !== 'string' || member === '') {
      return invalid(`invalid value for key ${quote(key)}`);
    }
    if (!`${key}${member}`.isWellFormed()) {
      return invalid(`key ${quote(key)} has an unpaired surrogate`);
    }
    if (isForbiddenMetadataKey(key)) return invalid(`key ${quote(key)} is reserved`);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(json.value)).length;
  if (bytes > MAX_META_BYTES) {
    return tooMany('it', bytes, 'bytes', MAX_META_BYTES);
  }
  return ok(json.value as Record<string, string>);
}
