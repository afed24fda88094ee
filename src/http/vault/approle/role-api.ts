/** `/v1/auth/approle/role/…`: roles and their ids; and logging in with the id of a role and a secret id. */

import { invalid, ok } from '../../../lib/result.ts';
import { checkAppRole, describeAppRole, loginByAppRole } from '../../../logins/approle.ts';
import { authorityStub, callAuthority } from '../../../objects/stubs.ts';
import { digestOf } from '../../../token/token-form.ts';
import { type Endpoint, textOf } from '../../endpoint.ts';
import { PARAMETERS } from '../../parameters.ts';
import { done, list, refuse } from '../../respond.ts';
import { auditMethod, type LoginEndpoint } from '../login.ts';
import { boundedText, data, roleOf, withRole } from './role.ts';

export const listAppRoles: Endpoint = {
  operation: 'list',
  run: async ({ env, var: { namespace } }) =>
    list(
      await callAuthority(env, namespace, (authority) => authority.loginSettingNames('approle')),
    ),
};

export const readAppRole: Endpoint = {
  operation: 'read',
  ignoresCase: true,
  run: (call) => withRole(call, (role) => data(describeAppRole(role))),
};

export const writeAppRole: Endpoint = {
  operation: 'update',
  exists: async (call) => (await roleOf(call)) !== undefined,
  ignoresCase: true,
  run: async (call) => {
    const { env } = call;
    const { body, namespace, name } = call.var;
    const role = checkAppRole(name, { ...body }, await roleOf(call));
    if (!role.ok) return refuse(role.failure);
    const written = await authorityStub(env, namespace).putLoginSetting(
      'approle',
      role.value.name,
      role.value,
    );
    if (!written.ok) return refuse(written.failure);
    auditMethod(call, 'approle', `role/${role.value.name}`);
    return done();
  },
};

export const deleteAppRole: Endpoint = {
  operation: 'delete',
  ignoresCase: true,
  run: async (call) => {
    await authorityStub(call.env, call.var.namespace).deleteLoginSetting(
      'approle',
      call.var.name.toLowerCase(),
    );
    auditMethod(call, 'approle', `role/${call.var.name}`);
    return done();
  },
};

export const readRoleId: Endpoint = {
  operation: 'read',
  ignoresCase: true,
  run: (call) =>
    withRole(call, async ({ name }) =>
      data({
        role_id: await callAuthority(call.env, call.var.namespace, (authority) =>
          authority.roleId(name),
        ),
      }),
    ),
};

export const writeRoleId: Endpoint = {
  operation: 'update',
  ignoresCase: true,
  run: (call) =>
    withRole(call, async ({ name }) => {
      const roleId = boundedText(call, 'role_id');
      if (!roleId.ok) return refuse(roleId.failure);
      const set = await authorityStub(call.env, call.var.namespace).setRoleId(name, roleId.value);
      return set ? done() : refuse(invalid('role_id is already in use by another role').failure);
    }),
};

export const appRoleLogin: LoginEndpoint = {
  method: 'approle',
  parameters: PARAMETERS.appRoleLogin,
  run: async ({ env, var: { body, namespace } }) => {
    const roleId = textOf(body, 'role_id');
    if (!roleId.ok) return roleId;
    const secretId = textOf(body, 'secret_id');
    if (!secretId.ok) return secretId;
    const digest = await digestOf(secretId.value);
    const match = await authorityStub(env, namespace).matchAppRole(roleId.value, digest);
    if (match === undefined) return invalid('invalid role or secret ID');
    return ok(loginByAppRole(match.role, roleId.value, match.secretId));
  },
};
