/** `/v1/auth/jwt/…`: logging in with the JWT of an issuer. */

import { quote } from '../../lib/quote.ts';
import { invalid } from '../../lib/result.ts';
import { checkJwtConfig, describeJwtConfig, type JwtConfig } from '../../logins/jwt-config.ts';
import { loginByJwt } from '../../logins/jwt-login.ts';
import { checkJwtRole, describeJwtRole, type JwtRole } from '../../logins/jwt-role.ts';
import { checkRoleName } from '../../logins/role-name.ts';
import { CONFIG_NAME } from '../../objects/authority-contract.ts';
import { authorityStub, callAuthority } from '../../objects/stubs.ts';
import { fetchKeys } from '../../outbound/issuer-keys.ts';
import type { Endpoint } from '../endpoint.ts';
import { PARAMETERS } from '../parameters.ts';
import { answer, done, list, refuse } from '../respond.ts';
import { keyFetchOptions, workerCaches } from '../worker-caches.ts';
import type { LoginCall } from './login.ts';
import { auditMethod, type LoginEndpoint } from './login.ts';

export const readJwtConfig: Endpoint = {
  operation: 'read',
  run: async (call) => {
    const config = await configOf(call);
    return config === undefined
      ? refuse({ reason: 'not_found' })
      : answer({ data: describeJwtConfig(config), mountType: 'jwt' });
  },
};

export const writeJwtConfig: Endpoint = {
  operation: 'update',
  run: async (call) => {
    const { env } = call;
    const { body, namespace } = call.var;
    const config = await checkJwtConfig({ ...body });
    if (!config.ok) return refuse(config.failure);
    const { keys } = config.value;
    if (keys.kind !== 'jwt_validation_pubkeys') {
      // As in Vault: if the keys cannot be fetched, every login would fail.
      const fetched = await fetchKeys(keys, keyFetchOptions(env));
      if (!fetched.ok) return refuse(fetched.failure);
    }
    const written = await authorityStub(env, namespace).putLoginSetting(
      'jwt_config',
      CONFIG_NAME,
      config.value,
    );
    if (!written.ok) return refuse(written.failure);
    auditMethod(call, 'jwt', 'config');
    return done();
  },
};

export const listJwtRoles: Endpoint = {
  operation: 'list',
  run: async ({ env, var: { namespace } }) =>
    list(await callAuthority(env, namespace, (authority) => authority.loginSettingNames('jwt'))),
};

export const readJwtRole: Endpoint = {
  operation: 'read',
  ignoresCase: true,
  run: async (call) => {
    const role = await roleOf(call, call.var.name.toLowerCase());
    return role === undefined
      ? refuse({ reason: 'not_found' })
      : answer({ data: describeJwtRole(role), mountType: 'jwt' });
  },
};

export const writeJwtRole: Endpoint = {
  operation: 'update',
  exists: async (call) => (await roleOf(call, call.var.name.toLowerCase())) !== undefined,
  ignoresCase: true,
  run: async (call) => {
    const { env } = call;
    const { body, namespace, name } = call.var;
    const previous = await roleOf(call, name.toLowerCase());
    const role = checkJwtRole(name, { ...body }, previous);
    if (!role.ok) return refuse(role.failure);
    const written = await authorityStub(env, namespace).putLoginSetting(
      'jwt',
      role.value.name,
      role.value,
    );
    if (!written.ok) return refuse(written.failure);
    auditMethod(call, 'jwt', `role/${role.value.name}`);
    return done();
  },
};

export const deleteJwtRole: Endpoint = {
  operation: 'delete',
  ignoresCase: true,
  run: async (call) => {
    const { env } = call;
    const { namespace, name } = call.var;
    await authorityStub(env, namespace).deleteLoginSetting('jwt', name.toLowerCase());
    auditMethod(call, 'jwt', `role/${name}`);
    return done();
  },
};

export const jwtLogin: LoginEndpoint = {
  method: 'jwt',
  parameters: PARAMETERS.jwtLogin,
  run: async (call) => {
    const { body } = call.var;
    const config = await configOf(call);
    const wanted = body.role ?? config?.defaultRole ?? '';
    if (typeof wanted !== 'string' || wanted === '') return invalid('missing role');
    const name = checkRoleName(wanted);
    const role = name.ok ? await roleOf(call, name.value) : undefined;
    if (role === undefined) return invalid(`role ${quote(wanted)} could not be found`);
    const jwt = body.jwt ?? '';
    if (typeof jwt !== 'string' || jwt === '') return invalid('missing token');
    if (config === undefined) return invalid('could not load configuration');
    return loginByJwt(config, role, jwt, {
      now: Date.now(),
      keys: workerCaches.issuerKeys(call.env),
    });
  },
};

function configOf({ env, var: { namespace } }: LoginCall): Promise<JwtConfig | undefined> {
  return callAuthority(env, namespace, (authority) => authority.jwtConfig());
}

function roleOf(
  { env, var: { namespace } }: LoginCall,
  name: string,
): Promise<JwtRole | undefined> {
  return callAuthority(env, namespace, (authority) => authority.jwtRole(name));
}
