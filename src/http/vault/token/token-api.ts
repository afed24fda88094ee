/** `/v1/auth/token/…`: looking up, renewing and revoking tokens, in Vault's shapes. */

import { parseDuration } from '../../../lib/duration.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { callAuthority, callAuthorityOnce } from '../../../objects/stubs.ts';
import { auditCall } from '../../audit-log.ts';
import type { Call, Endpoints } from '../../endpoint-types.ts';
import { answer, done, list, refuse } from '../../respond.ts';
import { workerCaches } from '../../worker-caches.ts';
import { createToken } from './create-token.ts';
import { INVALID_ACCESSOR, onAccessor, onOwnToken, onToken, type Target } from './token-target.ts';

const CREATE_PARAMETERS = [
  'id',
  'policies',
  'meta',
  'no_parent',
  'no_default_policy',
  'display_name',
  'entity_alias',
  'ttl',
  'explicit_max_ttl',
  'period',
  'renewable',
  'type',
  'num_uses',
  'lease',
];

export const TOKEN_ENDPOINTS: Endpoints = {
  'auth/token/create': {
    update: (call) => createToken(call, false),
    parameters: CREATE_PARAMETERS,
  },
  'auth/token/create-orphan': {
    update: (call) => createToken(call, true),
    parameters: CREATE_PARAMETERS,
  },
  'auth/token/create/:name': {
    update: ({ var: { name } }) => refuse(invalid(`unknown role ${name}`).failure),
  },
  'auth/token/lookup': { read: lookUpGiven, update: lookUpGiven, parameters: ['token'] },
  'auth/token/lookup-self': {
    read: onOwnToken(lookUp),
    update: onOwnToken(lookUp),
    parameters: [],
  },
  'auth/token/lookup-accessor': { update: onAccessor(lookUp), parameters: ['accessor'] },
  'auth/token/renew': { update: onToken(renew), parameters: ['token', 'increment'] },
  'auth/token/renew-self': { update: onOwnToken(renew), parameters: ['token', 'increment'] },
  'auth/token/renew-accessor': {
    update: onAccessor(renew),
    parameters: ['accessor', 'increment'],
  },
  'auth/token/revoke': { update: onToken(revoke), parameters: ['token'] },
  'auth/token/revoke-self': { update: onOwnToken(revoke), parameters: [] },
  'auth/token/revoke-orphan': { update: onToken(revokeOrphan), parameters: ['token'], sudo: true },
  'auth/token/revoke-accessor': { update: onAccessor(revoke), parameters: ['accessor'] },
  'auth/token/accessors': { list: listAccessors, sudo: true },
};

/** The data of the root token. It has no accessor. */
const ROOT_TOKEN_DATA = {
  accessor: '',
  creation_time: 0,
  creation_ttl: 0,
  display_name: 'root',
  entity_id: '',
  expire_time: null,
  explicit_max_ttl: 0,
  id: '',
  issue_time: null,
  meta: null,
  num_uses: 0,
  orphan: true,
  path: 'auth/token/root',
  policies: ['root'],
  renewable: false,
  ttl: 0,
  type: 'service',
};

/** The root token of the server is a secret of the deployment, which no request can change. */
const ROOT_TOKEN_IS_CONFIGURED =
  'the root token of this server is the secret ROOT_TOKEN; set another with `npx wrangler secret put ROOT_TOKEN`';

async function listAccessors({ env, var: { namespace } }: Call): Promise<Response> {
  return list(await callAuthority(env, namespace, (authority) => authority.tokenAccessors()));
}

/** Without a token in the body, this is about that of the caller, as in Vault. */
function lookUpGiven(call: Call): Promise<Response> {
  return (call.var.body.token === undefined ? onOwnToken : onToken)(lookUp)(call);
}

async function lookUp({ env, var: { body, caller } }: Call, target: Target): Promise<Response> {
  if (target.kind === 'root')
    return tokenAnswer({ ...ROOT_TOKEN_DATA, id: body.token ?? caller.secret });
  if (target.kind === 'unknown') return refuse({ reason: 'forbidden', message: 'bad token' });
  const { authority, reference, secret } = target;
  const data = await callAuthority(env, authority, (authority) =>
    authority.describeToken(reference, secret),
  );
  if (data !== undefined) return tokenAnswer(data);
  return target.kind === 'accessor'
    ? refuse(INVALID_ACCESSOR)
    : refuse({ reason: 'forbidden', message: 'bad token' });
}

async function renew(call: Call, target: Target): Promise<Response> {
  if (target.kind === 'root') return refuse(invalid('lease is not renewable').failure);
  if (target.kind === 'unknown') return refuse(invalid('token not found').failure);
  const { increment: wanted } = call.var.body;
  const increment: Result<number> =
    wanted === undefined || wanted === null || wanted === ''
      ? ok(0)
      : parseDuration(wanted, 'increment');
  if (!increment.ok) return refuse(increment.failure);
  const { authority, reference, secret } = target;
  const renewed = await callAuthority(call.env, authority, (stub) =>
    stub.renewToken(reference, increment.value, secret),
  );
  if (renewed === undefined) {
    return target.kind === 'accessor'
      ? refuse(INVALID_ACCESSOR)
      : refuse(invalid('token not found').failure);
  }
  if (!renewed.ok) return refuse(renewed.failure);
  const { auth, warnings } = renewed.value;
  return answer({ auth, warnings, mountType: 'token' });
}

function revoke(call: Call, target: Target): Promise<Response> {
  return revokeTarget(call, target, false);
}

function revokeOrphan(call: Call, target: Target): Promise<Response> {
  return revokeTarget(call, target, true);
}

async function revokeTarget(call: Call, target: Target, keepChildren: boolean): Promise<Response> {
  if (target.kind === 'root') return refuse(invalid(ROOT_TOKEN_IS_CONFIGURED).failure);
  const accessor =
    target.kind === 'unknown'
      ? undefined
      : await callAuthorityOnce(call.env, target.authority, (authority) =>
          authority.revokeToken(target.reference, keepChildren),
        );
  if (accessor === undefined) {
    if (target.kind === 'accessor') return refuse(INVALID_ACCESSOR);
    // Revoking a token that does not exist succeeds.
    return keepChildren ? refuse(invalid('token to revoke not found').failure) : done();
  }
  workerCaches.tokenRevoked();
  auditCall(call, 'token_revoked', { accessor });
  return done();
}

function tokenAnswer(data: Record<string, unknown>): Response {
  return answer({ data, mountType: 'token' });
}
