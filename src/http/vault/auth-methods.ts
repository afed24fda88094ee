/** `/v1/sys/auth`: the auth methods. Every Vault namespace has the same three. */
import { mountAccessor } from '../../logins/login.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { DEFAULT_TOKEN_TTL_SECONDS, MAX_TOKEN_TTL_SECONDS } from '../../token/limits.ts';
import type { Call, Endpoints } from '../endpoint-types.ts';
import { refuse, succeed } from '../respond.ts';

export const AUTH_METHOD_ENDPOINTS: Endpoints = {
  'sys/auth': { read: listAuthMethods },
  'sys/auth/:names': { update: enableAuthMethod, delete: disableAuthMethod, sudo: true },
};

const METHODS = [
  { type: 'approle', description: 'role id and secret id' },
  { type: 'jwt', description: 'JWT of an issuer' },
  { type: 'token', description: 'token based credentials' },
] as const;
const METHOD_NAMES = METHODS.map(({ type }) => type).join(', ');

/** All methods are enabled already, and `vault auth enable` is told so. */
function enableAuthMethod({ var: { name } }: Call): Response {
  const known = METHODS.some(({ type }) => type === trimSlashes(name));
  const message = known
    ? `path is already in use at ${trimSlashes(name)}/`
    : `every namespace has the auth methods ${METHOD_NAMES}, and no others`;
  return refuse({ reason: 'invalid', message });
}

function disableAuthMethod(): Response {
  return refuse({
    reason: 'invalid',
    message: `the auth methods ${METHOD_NAMES} cannot be disabled; delete their roles`,
  });
}

async function listAuthMethods({ var: { namespace } }: Call): Promise<Response> {
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
}
