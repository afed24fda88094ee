/** The token that a login is due, and the identity that its policies' templates are filled from. */

import type { Identity } from '../policy/identity.ts';
import { DEFAULT_TOKEN_TTL_SECONDS, MAX_TOKEN_TTL_SECONDS } from '../token/limits.ts';
import { digestOf } from '../token/token-form.ts';
import type { TokenRequest } from '../token/token-record.ts';
import { normalPolicies } from '../token/token-request.ts';
import type { Login } from './login.ts';

export type AuthMethod = 'jwt' | 'approle';

/**
 * The accessor of an auth method of a namespace, by which templates name an alias
 * (`identity.entity.aliases.<accessor>.name`). Always the same for the same namespace.
 */
export async function mountAccessor(
  method: AuthMethod | 'token',
  namespace: string,
): Promise<string> {
  return `auth_${method}_${(await digestOf(`mount\n${namespace}\n${method}`)).slice(0, 8)}`;
}

/** @param namespace the key of the namespace that was logged in to */
export async function tokenOfLogin(
  login: Login,
  method: AuthMethod,
  namespace: string,
): Promise<TokenRequest> {
  const { settings, metadata, displayName } = login;
  const { maxTtl, explicitMaxTtl, period } = settings;
  const max = Math.min(maxTtl || MAX_TOKEN_TTL_SECONDS, explicitMaxTtl || MAX_TOKEN_TTL_SECONDS);
  return {
    policies: normalPolicies(settings.policies, !settings.noDefaultPolicy),
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
 * Who logged in. There is no directory of entities: the same name at the same auth method is the same
 * entity, with an id that follows from the two. What the login says of it is metadata of its alias, and
 * of the entity as well, since nothing else could be.
 */
async function identityOf(
  { alias, groups }: Login,
  method: AuthMethod,
  namespace: string,
): Promise<Identity> {
  const id = await idOf('entity', namespace, method, alias.name);
  const accessor = await mountAccessor(method, namespace);
  return {
    entity: {
      id,
      name: `entity_${id.slice(0, 8)}`,
      metadata: alias.metadata,
      aliases: {
        [accessor]: {
          id: await idOf('alias', namespace, method, alias.name),
          name: alias.name,
          metadata: alias.metadata,
        },
      },
    },
    groups: await Promise.all(
      groups.map(async (name) => ({
        id: await idOf('group', namespace, method, name),
        name,
        metadata: {},
      })),
    ),
  };
}

/** In the form of a UUID (version 8: of our own making), the same for the same parts. */
async function idOf(...parts: readonly string[]): Promise<string> {
  const hex = await digestOf(parts.join('\n'));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
