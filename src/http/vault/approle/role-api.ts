/** `/v1/auth/approle/role/…`: roles and their ids; and logging in with the id of a role and a secret id. */

import { invalid, ok } from '../../../lib/result.ts';
import {
  checkAppRole,
  describeAppRole,
  loginByAppRole,
  ROLE_ID_IN_USE,
} from '../../../logins/approle.ts';
import { callAuthority, callAuthorityOnce } from '../../../objects/stubs.ts';
import { digestOf } from '../../../token/token-form.ts';
import { auditCall } from '../../audit-log.ts';
import { type Call, type Endpoints, textOf } from '../../endpoint-types.ts';
import { done, list, refuse } from '../../respond.ts';
import type { LoginEndpoint } from '../login.ts';
import { TOKEN_SETTINGS } from '../token-settings.ts';
import { boundedText, data, roleOf, withRole } from './role.ts';

export const APPROLE_ENDPOINTS: Endpoints = {
  'auth/approle/role': { list: listAppRoles },
  'auth/approle/role/:name': {
    read: readAppRole,
    update: writeAppRole,
    delete: deleteAppRole,
    exists: async (call) => (await roleOf(call)) !== undefined,
    ignoresCase: true,
    parameters: [
      'bind_secret_id',
      'bound_cidr_list',
      'secret_id_bound_cidrs',
      'secret_id_ttl',
      'secret_id_num_uses',
      'local_secret_ids',
      'role_id',
      ...TOKEN_SETTINGS,
    ],
  },
  'auth/approle/role/:name/role-id': {
    read: readRoleId,
    update: writeRoleId,
    ignoresCase: true,
    parameters: ['role_id'],
  },
};

async function listAppRoles({ env, var: { namespace } }: Call): Promise<Response> {
  return list(
    await callAuthority(env, namespace, (authority) => authority.loginSettingNames('approle')),
  );
}

function readAppRole(call: Call): Promise<Response> {
  return withRole(call, (role) => data(describeAppRole(role)));
}

async function writeAppRole(call: Call): Promise<Response> {
  const { env } = call;
  const { body, namespace, name } = call.var;
  const role = checkAppRole(name, { ...body }, await roleOf(call));
  if (!role.ok) return refuse(role.failure);
  const isChosen = body.role_id !== undefined && body.role_id !== null;
  const roleId = isChosen ? boundedText(call, 'role_id') : ok(undefined);
  if (!roleId.ok) return refuse(roleId.failure);
  const written = await callAuthority(env, namespace, (authority) =>
    authority.putLoginSetting('approle', role.value.name, role.value, roleId.value),
  );
  if (!written.ok) return refuse(written.failure);
  auditCall(call, 'auth_method_written', { method: 'approle', what: `role/${role.value.name}` });
  return done();
}

async function deleteAppRole(call: Call): Promise<Response> {
  await callAuthority(call.env, call.var.namespace, (authority) =>
    authority.deleteLoginSetting('approle', call.var.name.toLowerCase()),
  );
  auditCall(call, 'auth_method_written', { method: 'approle', what: `role/${call.var.name}` });
  return done();
}

function readRoleId(call: Call): Promise<Response> {
  return withRole(call, async ({ name }) =>
    data({
      role_id: await callAuthority(call.env, call.var.namespace, (authority) =>
        authority.roleId(name),
      ),
    }),
  );
}

function writeRoleId(call: Call): Promise<Response> {
  return withRole(call, async ({ name }) => {
    const roleId = boundedText(call, 'role_id');
    if (!roleId.ok) return refuse(roleId.failure);
    const set = await callAuthority(call.env, call.var.namespace, (authority) =>
      authority.setRoleId(name, roleId.value),
    );
    return set ? done() : refuse(invalid(ROLE_ID_IN_USE).failure);
  });
}

export const appRoleLogin: LoginEndpoint = {
  method: 'approle',
  parameters: ['role_id', 'secret_id'],
  run: async ({ env, var: { body, namespace } }) => {
    const roleId = textOf(body, 'role_id');
    if (!roleId.ok) return roleId;
    const secretId = textOf(body, 'secret_id');
    if (!secretId.ok) return secretId;
    const digest = await digestOf(secretId.value);
    const match = await callAuthorityOnce(env, namespace, (authority) =>
      authority.matchAppRole(roleId.value, digest),
    );
    if (match === undefined) return invalid('invalid role or secret ID');
    return ok(loginByAppRole(match.role, roleId.value, match.secretId));
  },
};
