/** `/v1/auth/approle/role/{name}/secret-id…`: the secret ids of a role. */

import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { type AppRole, checkSecretIdRequest, describeSecretId } from '../../../logins/approle.ts';
import { authorityStub, callAuthority } from '../../../objects/stubs.ts';
import { digestOf } from '../../../token/token-form.ts';
import { type Call, type Endpoint, textOf } from '../../endpoint.ts';
import { done, list, refuse } from '../../respond.ts';
import { boundedText, data, roleOf, withRole } from './role.ts';

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
      // As in Vault: an unknown secret id is no error, an unknown accessor is.
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

async function addSecretId(
  { env, var: { namespace, body } }: Call,
  role: AppRole,
  chosen: string | undefined,
): Promise<Response> {
  const request = checkSecretIdRequest(role, { ...body });
  if (!request.ok) return refuse(request.failure);
  const added = await authorityStub(env, namespace).addSecretId(role.name, request.value, chosen);
  if (!added.ok) return refuse(added.failure);
  return data({
    secret_id: added.value.secretId,
    secret_id_accessor: added.value.accessor,
    secret_id_num_uses: request.value.numUses,
    secret_id_ttl: request.value.ttl,
  });
}

/** The same for the secret ids of a role: 400 if there is no such role. */
async function withSecretIdsOf(
  call: Call,
  run: (role: AppRole) => Promise<Response> | Response,
): Promise<Response> {
  const role = await roleOf(call);
  return role === undefined
    ? refuse(invalid(`role ${quote(call.var.name)} does not exist`).failure)
    : run(role);
}

async function referenceOf(
  { var: { body } }: Call,
  by: 'secret_id' | 'secret_id_accessor',
): Promise<Result<{ digest: string } | { accessor: string }>> {
  const text = textOf(body, by);
  if (!text.ok) return text;
  return ok(by === 'secret_id' ? { digest: await digestOf(text.value) } : { accessor: text.value });
}
