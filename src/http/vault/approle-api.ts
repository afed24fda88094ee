/** `/v1/auth/approle/…`: logging in with the id of a role and a secret id. */

import { MAX_FIELD_CHARACTERS } from '../../lib/limits.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import {
  type AppRole,
  checkAppRole,
  checkSecretIdRequest,
  describeAppRole,
  describeSecretId,
  loginByAppRole,
} from '../../logins/approle.ts';
import { authorityStub, callAuthority } from '../../objects/stubs.ts';
import { digestOf } from '../../token/token-form.ts';
import { type Call, type Endpoint, textOf } from '../endpoint.ts';
import { PARAMETERS } from '../parameters.ts';
import { answer, done, list, refuse } from '../respond.ts';
import { auditMethod, type LoginEndpoint } from './login.ts';

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

export const createSecretId: Endpoint = {
  operation: 'update',
  ignoresCase: true,
  run: (call) => withSecretIdsOf(call, (role) => addSecretId(call, role, undefined)),
};

export const createCustomSecretId: Endpoint = {
  operation: 'update',
  ignoresCase: true,
  run: (call) =>
    withSecretIdsOf(call, (role) => {
      const secretId = boundedText(call, 'secret_id');
      return secretId.ok ? addSecretId(call, role, secretId.value) : refuse(secretId.failure);
    }),
};

export const listSecretIds: Endpoint = {
  operation: 'list',
  ignoresCase: true,
  run: (call) =>
    withRole(call, async ({ name }) =>
      list(
        await callAuthority(call.env, call.var.namespace, (authority) =>
          authority.secretIdAccessors(name),
        ),
      ),
    ),
};

/** @param by the parameter that names the secret id: itself, or its accessor */
export const lookupSecretId = (by: 'secret_id' | 'secret_id_accessor'): Endpoint => ({
  operation: 'update',
  ignoresCase: true,
  run: (call) =>
    withSecretIdsOf(call, async ({ name }) => {
      const reference = await referenceOf(call, by);
      if (!reference.ok) return refuse(reference.failure);
      const secretId = await callAuthority(call.env, call.var.namespace, (authority) =>
        authority.secretId(name, reference.value),
      );
      if (secretId !== undefined) return data(describeSecretId(secretId));
      // As in Vault: of a secret id nothing, of an accessor that it is none.
      return by === 'secret_id' ? done() : refuse({ reason: 'not_found' });
    }),
});

export const destroySecretId = (by: 'secret_id' | 'secret_id_accessor'): Endpoint => ({
  operation: 'update',
  ignoresCase: true,
  run: (call) =>
    withSecretIdsOf(call, async ({ name }) => {
      const reference = await referenceOf(call, by);
      if (!reference.ok) return refuse(reference.failure);
      await authorityStub(call.env, call.var.namespace).deleteSecretId(name, reference.value);
      return done();
    }),
});

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

async function addSecretId(
  { env, var: { namespace, body } }: Call,
  role: AppRole,
  chosen: string | undefined,
): Promise<Response> {
  const request = checkSecretIdRequest(role, { ...body });
  if (!request.ok) return refuse(request.failure);
  const added: Result<{ readonly secretId: string; readonly accessor: string }> =
    await authorityStub(env, namespace).addSecretId(role.name, request.value, chosen);
  if (!added.ok) return refuse(added.failure);
  return data({
    secret_id: added.value.secretId,
    secret_id_accessor: added.value.accessor,
    secret_id_num_uses: request.value.numUses,
    secret_id_ttl: request.value.ttl,
  });
}

/** Reads something of a role: without one there is nothing. */
async function withRole(
  call: Call,
  run: (role: AppRole) => Promise<Response> | Response,
): Promise<Response> {
  const role = await roleOf(call);
  return role === undefined ? refuse({ reason: 'not_found' }) : run(role);
}

/** Does something with the secret ids of a role: without one that is wrong. */
async function withSecretIdsOf(
  call: Call,
  run: (role: AppRole) => Promise<Response> | Response,
): Promise<Response> {
  const role = await roleOf(call);
  return role === undefined
    ? refuse(invalid(`role ${quote(call.var.name)} does not exist`).failure)
    : run(role);
}

function roleOf({ env, var: { namespace, name } }: Call): Promise<AppRole | undefined> {
  return callAuthority(env, namespace, (authority) => authority.appRole(name.toLowerCase()));
}

async function referenceOf(
  { var: { body } }: Call,
  by: 'secret_id' | 'secret_id_accessor',
): Promise<Result<{ digest: string } | { accessor: string }>> {
  const text = textOf(body, by);
  if (!text.ok) return text;
  return ok(by === 'secret_id' ? { digest: await digestOf(text.value) } : { accessor: text.value });
}

function boundedText({ var: { body } }: Call, key: string): Result<string> {
  const text = textOf(body, key);
  return text.ok && text.value.length > MAX_FIELD_CHARACTERS
    ? invalid(
        `${key} has ${text.value.length} characters, at most ${MAX_FIELD_CHARACTERS} are allowed`,
      )
    : text;
}

function data(members: Record<string, unknown>): Response {
  return answer({ data: members, mountType: 'approle' });
}
