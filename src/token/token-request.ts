/** Checks a request to `auth/token/create` as Vault does, against who makes it. */

import { Fields } from '../lib/fields.ts';
import { quote } from '../lib/quote.ts';
import type { Result } from '../lib/result.ts';
import { MAX_DISPLAY_NAME_CHARACTERS, MAX_TOKEN_CHARACTERS, MAX_TOKEN_USES } from './limits.ts';
import { isPrivileged, type Maker } from './maker.ts';
import { isToken, TOKEN_PREFIX } from './token-form.ts';
import { readMetadata } from './token-metadata.ts';
import { readPolicies } from './token-policies.ts';
import type { TokenRequest } from './token-record.ts';
import { readTimes } from './token-times.ts';

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
