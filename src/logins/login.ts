/** A login, and the token that it gets. */

import type { Identity } from '../policy/identity.ts';
import { DEFAULT_TOKEN_TTL_SECONDS, MAX_TOKEN_TTL_SECONDS } from '../token/limits.ts';
import { digestOf } from '../token/token-form.ts';
import type { TokenRequest } from '../token/token-record.ts';
import { normalizePolicies } from '../token/token-request.ts';
import type { TokenSettings } from './role.ts';

/** A successful login: the identity, and the settings of its token. */
export interface Login {
  /** Without the name of the auth method, which the caller adds; may be empty. */
  readonly displayName: string;
  /** The identity in the auth method. The entity follows from it. */
  readonly alias: { readonly name: string; readonly metadata: Readonly<Record<string, string>> };
  /** Names of groups, without duplicates. */
  readonly groups: readonly string[];
  /** The metadata of the token. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly settings: TokenSettings;
}

export type AuthMethod = 'jwt' | 'approle';

/**
 * The accessor of an auth method, by which templates select an alias (`identity.entity.aliases.<accessor>.name`). It
 * depends only on the method and the namespace.
 */
export async function mountAccessor(
  method: AuthMethod | 'token',
  namespace: string,
): Promise<string> {
  return `auth_${method}_${(await digestOf(`mount\n${namespace}\n${method}`)).slice(0, 8)}`;
}

/** @param namespace the key of the Vault namespace of the login */
export async function tokenOfLogin(
  login: Login,
  method: AuthMethod,
  namespace: string,
): Promise<TokenRequest> {
  const { settings, metadata, displayName } = login;
  const { maxTtl, explicitMaxTtl, period } = settings;
  const max = Math.min(maxTtl || MAX_TOKEN_TTL_SECONDS, explicitMaxTtl || MAX_TOKEN_TTL_SECONDS);
  return {
    policies: normalizePolicies(settings.policies, !settings.noDefaultPolicy),
    parent: undefined,
    foreignParent: undefined,
    orphan: true,
    identity: await identityOf(login, method, namespace),
    meta: metadata,
    displayName: displayName === '' ? method : `${method}-${displayName}`,
    path: `auth/${method}/login`,
    ttl: Math.min(period || settings.ttl || DEFAULT_TOKEN_TTL_SECONDS, max),
    explicitMaxTtl,
    maxTtl,
    period,
    uses: settings.numUses,
    renewable: true,
  };
}

/**
 * There is no directory of entities. The same name at the same auth method is the same entity, and its id follows from
 * the two. The entity has the metadata of its alias, because there is no other source of metadata.
 */
async function identityOf(
  { alias, groups }: Login,
  method: AuthMethod,
  namespace: string,
): Promise<Identity> {
  const id = await uuidOf('entity', namespace, method, alias.name);
  const accessor = await mountAccessor(method, namespace);
  return {
    entity: {
      id,
      name: `entity_${id.slice(0, 8)}`,
      metadata: alias.metadata,
      aliases: {
        [accessor]: {
          id: await uuidOf('alias', namespace, method, alias.name),
          name: alias.name,
          metadata: alias.metadata,
        },
      },
    },
    groups: await Promise.all(
      groups.map(async (name) => ({
        id: await uuidOf('group', namespace, method, name),
        name,
        metadata: {},
      })),
    ),
  };
}

/** A UUID (version 8, which leaves the bits to us) that depends only on the parts. */
async function uuidOf(...parts: readonly string[]): Promise<string> {
  const hex = await digestOf(parts.join('\n'));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
