/** `/v1/sys/auth`: the auth methods. Every Vault namespace has the same three. */
import { mountAccessor } from '../../logins/login-token.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { DEFAULT_TOKEN_TTL_SECONDS, MAX_TOKEN_TTL_SECONDS } from '../../token/limits.ts';
import type { Endpoint } from '../endpoint.ts';
import { refuse, succeed } from '../respond.ts';

const METHODS = [
  { type: 'approle', description: 'role id and secret id' },
  { type: 'jwt', description: 'JWT of an issuer' },
  { type: 'token', description: 'token based credentials' },
] as const;
const METHOD_NAMES = METHODS.map(({ type }) => type).join(', ');

/** All methods are enabled already, and `vault auth enable` is told so. */
export const enableAuthMethod: Endpoint = {
  operation: 'update',
  sudo: true,
  run: ({ var: { name } }) => {
    const known = METHODS.some(({ type }) => type === trimSlashes(name));
    const message = known
      ? `path is already in use at ${trimSlashes(name)}/`
      : `every namespace has the auth methods ${METHOD_NAMES}, and no others`;
    return refuse({ reason: 'invalid', message });
  },
};

export const disableAuthMethod: Endpoint = {
  operation: 'delete',
  sudo: true,
  run: () =>
    refuse({
      reason: 'invalid',
      message: `the auth methods ${METHOD_NAMES} cannot be disabled; delete their roles`,
    }),
};

export const listAuthMethods: Endpoint = {
  operation: 'read',
  run: async ({ var: { namespace } }) => {
    const entries = METHODS.map(async ({ type, description }) => {
      const accessor = await mountAccessor(type, namespace);
      const method = {
        accessor,
        config: {
          default_lease_ttl: DEFAULT_TOKEN_TTL_SECONDS,
          max_lease_ttl: MAX_TOKEN_TTL_SECONDS,
          token_type: 'default-service',
        },
        description,
        local: false,
        type,
        uuid: accessor,
      };
      return [`${type}/`, method] as const;
    });
    return succeed(Object.fromEntries(await Promise.all(entries)));
  },
};
