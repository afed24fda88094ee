/** `/v1/auth/jwt/…`: logging in with the JWT of an issuer. */

import { quote } from '../../lib/quote.ts';
import { invalid } from '../../lib/result.ts';
import { checkJwtConfig, describeJwtConfig, type JwtConfig } from '../../logins/jwt-config.ts';
import { loginByJwt } from '../../logins/jwt-login.ts';
import { checkJwtRole, describeJwtRole, type JwtRole } from '../../logins/jwt-role.ts';
import { checkRoleName } from '../../logins/role.ts';
import { CONFIG_NAME } from '../../objects/login-contract.ts';
import { callAuthority } from '../../objects/stubs.ts';
import { fetchKeys } from '../../outbound/issuer-keys.ts';
import { auditCall } from '../audit-log.ts';
import type { Call, Endpoints } from '../endpoint-types.ts';
import { answer, done, list, refuse } from '../respond.ts';
import { keyFetchOptions, workerCaches } from '../worker-caches.ts';
import type { LoginCall, LoginEndpoint } from './login.ts';
import { TOKEN_SETTINGS } from './token-settings.ts';

export const JWT_ENDPOINTS: Endpoints = {
  'auth/jwt/config': {
    read: readJwtConfig,
    update: writeJwtConfig,
    parameters: [
      'jwt_validation_pubkeys',
      'jwks_url',
      'jwks_ca_pem',
      'jwks_pairs',
      'oidc_discovery_url',
      'oidc_discovery_ca_pem',
      'oidc_client_id',
      'oidc_client_secret',
      'oidc_response_mode',
      'oidc_response_types',
      'bound_issuer',
      'jwt_supported_algs',
      'default_role',
      'provider_config',
      'namespace_in_state',
    ],
  },
  'auth/jwt/role': { list: listJwtRoles },
  'auth/jwt/role/:name': {
    read: readJwtRole,
    update: writeJwtRole,
    delete: deleteJwtRole,
    exists: async (call) => (await roleOf(call, call.var.name.toLowerCase())) !== undefined,
    ignoresCase: true,
    parameters: [
      'role_type',
      'user_claim',
      'user_claim_json_pointer',
      'bound_audiences',
      'bound_subject',
      'bound_claims',
      'bound_claims_type',
      'groups_claim',
      'claim_mappings',
      'clock_skew_leeway',
      'expiration_leeway',
      'not_before_leeway',
      'allowed_redirect_uris',
      'verbose_oidc_logging',
      'oidc_scopes',
      'max_age',
      ...TOKEN_SETTINGS,
    ],
  },
};

async function readJwtConfig(call: Call): Promise<Response> {
  const config = await configOf(call);
  return config === undefined
    ? refuse({ reason: 'not_found' })
    : answer({ data: describeJwtConfig(config), mountType: 'jwt' });
}

async function writeJwtConfig(call: Call): Promise<Response> {
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
  const written = await callAuthority(env, namespace, (authority) =>
    authority.putLoginSetting('jwt_config', CONFIG_NAME, config.value),
  );
  if (!written.ok) return refuse(written.failure);
  auditCall(call, 'auth_method_written', { method: 'jwt', what: 'config' });
  return done();
}

async function listJwtRoles({ env, var: { namespace } }: Call): Promise<Response> {
  return list(
    await callAuthority(env, namespace, (authority) => authority.loginSettingNames('jwt')),
  );
}

async function readJwtRole(call: Call): Promise<Response> {
  const role = await roleOf(call, call.var.name.toLowerCase());
  return role === undefined
    ? refuse({ reason: 'not_found' })
    : answer({ data: describeJwtRole(role), mountType: 'jwt' });
}

async function writeJwtRole(call: Call): Promise<Response> {
  const { env } = call;
  const { body, namespace, name } = call.var;
  const previous = await roleOf(call, name.toLowerCase());
  const role = checkJwtRole(name, { ...body }, previous);
  if (!role.ok) return refuse(role.failure);
  const written = await callAuthority(env, namespace, (authority) =>
    authority.putLoginSetting('jwt', role.value.name, role.value),
  );
  if (!written.ok) return refuse(written.failure);
  auditCall(call, 'auth_method_written', { method: 'jwt', what: `role/${role.value.name}` });
  return done();
}

async function deleteJwtRole(call: Call): Promise<Response> {
  const { env } = call;
  const { namespace, name } = call.var;
  await callAuthority(env, namespace, (authority) =>
    authority.deleteLoginSetting('jwt', name.toLowerCase()),
  );
  auditCall(call, 'auth_method_written', { method: 'jwt', what: `role/${name}` });
  return done();
}

export const jwtLogin: LoginEndpoint = {
  method: 'jwt',
  parameters: ['role', 'jwt'],
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
