/** `/v1/auth/approle/role/{name}/secret-id…`: the secret ids of a role. */

import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { type AppRole, checkSecretIdRequest, describeSecretId } from '../../../logins/approle.ts';
import { callAuthority, callAuthorityOnce } from '../../../objects/stubs.ts';
import { digestOf } from '../../../token/token-form.ts';
import { type Call, type Endpoints, textOf } from '../../endpoint-types.ts';
import { done, list, refuse } from '../../respond.ts';
import { boundedText, data, roleOf, withRole } from './role.ts';

/** The parameter that names a secret id: itself, or its accessor. */
type By = 'secret_id' | 'secret_id_accessor';

const PARAMETERS = ['metadata', 'ttl', 'num_uses', 'cidr_list', 'token_bound_cidrs'];

export const SECRET_ID_ENDPOINTS: Endpoints = {
  'auth/approle/role/:name/secret-id': {
    list: listSecretIds,
    update: createSecretId,
    ignoresCase: true,
    parameters: PARAMETERS,
  },
  'auth/approle/role/:name/custom-secret-id': {
    update: createCustomSecretId,
    ignoresCase: true,
    parameters: ['secret_id', ...PARAMETERS],
  },
  'auth/approle/role/:name/secret-id/lookup': {
    update: (call) => lookupSecretId(call, 'secret_id'),
    ignoresCase: true,
    parameters: ['secret_id'],
  },
  'auth/approle/role/:name/secret-id/destroy': {
    update: (call) => destroySecretId(call, 'secret_id'),
    ignoresCase: true,
    parameters: ['secret_id'],
  },
  'auth/approle/role/:name/secret-id-accessor/lookup': {
    update: (call) => lookupSecretId(call, 'secret_id_accessor'),
    ignoresCase: true,
    parameters: ['secret_id_accessor'],
  },
  'auth/approle/role/:name/secret-id-accessor/destroy': {
    update: (call) => destroySecretId(call, 'secret_id_accessor'),
    ignoresCase: true,
    parameters: ['secret_id_accessor'],
  },
};

function createSecretId(call: Call): Promise<Response> {
  return withSecretIdsOf(call, (role) => addSecretId(call, role, undefined));
}

function createCustomSecretId(call: Call): Promise<Response> {
  return withSecretIdsOf(call, (role) => {
    const secretId = boundedText(call, 'secret_id');
    return secretId.ok ? addSecretId(call, role, secretId.value) : refuse(secretId.failure);
  });
}

function listSecretIds(call: Call): Promise<Response> {
  return withRole(call, async ({ name }) =>
    list(
      await callAuthority(call.env, call.var.namespace, (authority) =>
        authority.secretIdAccessors(name),
      ),
    ),
  );
}

function lookupSecretId(call: Call, by: By): Promise<Response> {
  return withSecretIdsOf(call, async ({ name }) => {
    const reference = await referenceOf(call, by);
    if (!reference.ok) return refuse(reference.failure);
    const secretId = await callAuthority(call.env, call.var.namespace, (authority) =>
      authority.secretId(name, reference.value),
    );
    if (secretId !== undefined) return data(describeSecretId(secretId));
    // As in Vault: an unknown secret id is no error, an unknown accessor is.
    return by === 'secret_id' ? done() : refuse({ reason: 'not_found' });
  });
}

function destroySecretId(call: Call, by: By): Promise<Response> {
  return withSecretIdsOf(call, async ({ name }) => {
    const reference = await referenceOf(call, by);
    if (!reference.ok) return refuse(reference.failure);
    await callAuthority(call.env, call.var.namespace, (authority) =>
      authority.deleteSecretId(name, reference.value),
    );
    return done();
  });
}

async function addSecretId(
  { env, var: { namespace, body } }: Call,
  role: AppRole,
  chosen: string | undefined,
): Promise<Response> {
  const request = checkSecretIdRequest(role, { ...body });
  if (!request.ok) return refuse(request.failure);
  const added = await callAuthorityOnce(env, namespace, (authority) =>
    authority.addSecretId(role.name, request.value, chosen),
  );
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
  by: By,
): Promise<Result<{ digest: string } | { accessor: string }>> {
  const text = textOf(body, by);
  if (!text.ok) return text;
  return ok(by === 'secret_id' ? { digest: await digestOf(text.value) } : { accessor: text.value });
}
