/** Checks a request to `auth/token/create` as Vault does, against who makes it. */

import { Fields } from '../lib/fields.ts';
import { quote } from '../lib/quote.ts';
import type { Result } from '../lib/result.ts';
import type { Identity } from '../policy/identity.ts';
import { MAX_POLICIES_PER_TOKEN } from '../policy/limits.ts';
import { checkPolicyName, UNASSIGNABLE_POLICIES } from '../policy/policy-name.ts';
import {
  DEFAULT_TOKEN_TTL_SECONDS,
  MAX_DISPLAY_NAME_CHARACTERS,
  MAX_TOKEN_CHARACTERS,
  MAX_TOKEN_TTL_SECONDS,
  MAX_TOKEN_USES,
} from './limits.ts';
import { isToken, TOKEN_PREFIX } from './token-form.ts';
import { readMetadata } from './token-metadata.ts';
import { capTtl, type TokenRequest } from './token-record.ts';

export interface CheckedTokenRequest {
  readonly request: TokenRequest;
  /** The token itself, if the maker chose it. */
  readonly chosen: string | undefined;
  /** The token whose shares an orphan uses; undefined if the maker has `sudo` and so may create principals. */
  readonly sharesOf: number | undefined;
  readonly warnings: readonly string[];
}

/** @param alwaysOrphan the request came to `create-orphan` */
export function checkTokenRequest(
  body: Record<string, unknown>,
  maker: Maker,
  alwaysOrphan: boolean,
): Result<CheckedTokenRequest> {
  const fields = new Fields(body);
  if (maker.fromAbove && !isPrivileged(maker)) {
    fields.reject(
      'root or sudo privileges required to directly generate a token in a child namespace',
    );
  }
  if (maker.limitedUses) fields.reject('restricted use token cannot generate child tokens');
  checkType(fields);
  const chosen = readChosenToken(fields, maker);
  const policies = readPolicies(fields, maker);
  const noParent = fields.flag('no_parent');
  if (noParent && !isPrivileged(maker)) {
    fields.reject('root or sudo privileges required to create orphan token');
  }
  const meta = readMetadata(fields, 'meta');
  const displayName = readDisplayName(fields);
  const uses = fields.count('num_uses', MAX_TOKEN_USES);
  const renewable = fields.raw('renewable') === undefined || fields.flag('renewable');
  const times = readTimes(fields, policies.includes('root'), maker);

  const orphan = alwaysOrphan || noParent;
  const { ttl, period, explicitMaxTtl, warnings } = times;
  return fields.result({
    request: {
      policies,
      parent: orphan ? undefined : maker.token?.id,
      foreignParent: orphan ? undefined : maker.foreignToken,
      orphan,
      identity: orphan ? undefined : maker.identity,
      meta,
      displayName,
      path: alwaysOrphan ? 'auth/token/create-orphan' : 'auth/token/create',
      ttl,
      period,
      explicitMaxTtl,
      maxTtl: 0,
      uses,
      renewable: ttl > 0 && renewable,
    },
    chosen,
    sharesOf: orphan && !isPrivileged(maker) ? maker.token?.id : undefined,
    warnings,
  });
}

function checkType(fields: Fields): void {
  const type = fields.text('type');
  if (!['', 'service', 'default'].includes(type)) {
    fields.reject(`token type ${quote(type)} is not supported; this server makes service tokens`);
  }
  if (fields.text('entity_alias') !== '') {
    fields.reject('entity_alias needs a token role, which this server does not have');
  }
}

function readChosenToken(fields: Fields, maker: Maker): string | undefined {
  const id = fields.string('id') ?? '';
  if (id === '') return undefined;
  if (!isPrivileged(maker)) {
    fields.reject('root or sudo privileges required to specify token id');
  }
  const prefix = ['hvs.', 's.', TOKEN_PREFIX].find((each) => id.startsWith(each));
  if (prefix !== undefined) fields.reject(`custom token ID cannot have the '${prefix}' prefix`);
  if (id.includes('.')) fields.reject("custom token ID cannot have a '.' in the value");
  if (!isToken(id)) {
    fields.reject('id has a character that no request can send; use printable ASCII without ","');
  }
  if (id.length > MAX_TOKEN_CHARACTERS) {
    fields.reject(`id has ${id.length} characters, at most ${MAX_TOKEN_CHARACTERS} are allowed`);
  }
  return id;
}

function readDisplayName(fields: Fields): string {
  const name = fields.text('display_name', MAX_DISPLAY_NAME_CHARACTERS);
  return name === '' ? 'token' : `token-${name.replace(/[^A-Za-z0-9-]/g, '-').replace(/-+$/, '')}`;
}

/** Who creates a token. */
export interface Maker {
  readonly root: boolean;
  /** Whether it has `sudo` on the path of the request. */
  readonly sudo: boolean;
  /** Whether it belongs to a namespace above, where the same policy name is another policy. */
  readonly fromAbove: boolean;
  /** Its token, if that belongs to this namespace: the parent of the new one. */
  readonly token: { readonly id: number; readonly policies: readonly string[] } | undefined;
  /** The name of its token, if that belongs to a namespace above: the parent of the new one. */
  readonly foreignToken: string | undefined;
  /** Whether its token expires, in whatever namespace. */
  readonly expires: boolean;
  readonly identity: Identity | undefined;
  readonly limitedUses: boolean;
}

/** Whether Vault requires "root or sudo privileges" and it has them. */
function isPrivileged({ root, sudo }: Maker): boolean {
  return root || sudo;
}

/** The policies of a token as Vault normalizes them: lower case, each once, sorted; with `root`, only `root`. */
export function normalizePolicies(names: readonly string[], addDefault: boolean): string[] {
  const normal = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
  if (normal.includes('root')) return ['root'];
  return [...new Set(addDefault ? [...normal, 'default'] : normal)].sort();
}

/** Reads `policies` and `no_default_policy`. Without `policies`, the token gets those of its maker. */
function readPolicies(fields: Fields, maker: Maker): string[] {
  const names = readNames(fields);
  const noDefault = fields.flag('no_default_policy');
  const own = maker.fromAbove ? ['default'] : (maker.token?.policies ?? ['root']);
  const addDefault = !noDefault && (isPrivileged(maker) || own.includes('default'));
  const policies = names === undefined ? own : normalizePolicies(names, addDefault);
  const granted = policies.filter((name) => name !== 'default' || !noDefault);

  const reserved = granted.find((name) => UNASSIGNABLE_POLICIES.includes(name));
  if (reserved !== undefined) fields.reject(`cannot assign policy ${quote(reserved)}`);
  if (!isPrivileged(maker) && !granted.every((name) => own.includes(name))) {
    fields.reject('child policies must be subset of parent');
  }
  if (granted.includes('root') && !maker.root) {
    fields.reject('root tokens may not be created without parent token being root');
  }
  if (granted.includes('root') && maker.fromAbove) {
    fields.reject('root tokens may not be created from a parent namespace');
  }
  return granted;
}

/** Undefined for none. A list of empty strings is a list: it does not inherit. */
function readNames(fields: Fields): string[] | undefined {
  const given = fields.raw('policies') ?? '';
  if (given === '' || (Array.isArray(given) && given.length === 0)) return undefined;
  const names = fields.list('policies', MAX_POLICIES_PER_TOKEN);
  return names.map((name) => fields.take(checkPolicyName(name), name));
}

type Times = Pick<TokenRequest, 'ttl' | 'period' | 'explicitMaxTtl'> & {
  readonly warnings: readonly string[];
};

/** Reads `ttl` (or `lease`, its former name), `period` and `explicit_max_ttl`. */
function readTimes(fields: Fields, isRoot: boolean, maker: Maker): Times {
  const wanted = readDuration(fields, fields.raw('ttl') === undefined ? 'lease' : 'ttl');
  const period = readDuration(fields, 'period');
  const explicitMaxTtl = readDuration(fields, 'explicit_max_ttl');
  if (period > 0 && !isPrivileged(maker)) {
    fields.reject('root or sudo privileges required to create periodic token');
  }
  if (isRoot && wanted === 0 && period === 0 && explicitMaxTtl === 0) {
    if (maker.expires) {
      fields.reject('expiring root tokens cannot create non-expiring root tokens');
    }
    return { ttl: 0, period, explicitMaxTtl, warnings: [] };
  }
  const max = Math.min(explicitMaxTtl || MAX_TOKEN_TTL_SECONDS, MAX_TOKEN_TTL_SECONDS);
  const { ttl, warnings } =
    wanted === 0
      ? { ttl: Math.min(period || DEFAULT_TOKEN_TTL_SECONDS, max), warnings: [] }
      : capTtl(period || wanted, max);
  return { ttl, period, explicitMaxTtl, warnings };
}

function readDuration(fields: Fields, name: string): number {
  const seconds = fields.signedDuration(name);
  if (seconds < 0) fields.reject(`${name} must be positive`);
  return seconds;
}
