/** `/v1/auth/token/…`: making, looking up, renewing and revoking tokens, in Vault's shapes. */

import { parseDuration } from '../../lib/duration.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { pathOfKey, ROOT } from '../../namespace/namespace.ts';
import { authorityStub, callAuthority } from '../../objects/stubs.ts';
import type { Maker } from '../../token/maker.ts';
import { foreignTokenName } from '../../token/token-record.ts';
import { audit } from '../audit-log.ts';
import { actorOf, type Caller } from '../authentication/caller.ts';
import { isRootToken } from '../authentication/root-token.ts';
import {
  type TokenTarget,
  targetOfAccessor,
  targetOfToken,
} from '../authentication/token-location.ts';
import { type Call, type Endpoint, textOf } from '../endpoint.ts';
import { answer, done, list, refuse } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';

/** The token that a request is about. No authority knows the root token, or one of another namespace. */
type Target =
  /** `secret`: the token itself; empty if the request names it by its accessor. */
  (TokenTarget & { readonly secret: string }) | 'root' | 'unknown';

const INVALID_ACCESSOR = {
  reason: 'forbidden',
  message: '1 error occurred:\n\t* invalid accessor\n\n',
} as const;

/** Of the root token nothing is shown that is not known to everybody; it has no accessor. */
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

export const createToken: Endpoint = { operation: 'update', run: (call) => create(call, false) };
export const createOrphan: Endpoint = { operation: 'update', run: (call) => create(call, true) };

export const createByRole: Endpoint = {
  operation: 'update',
  run: ({ var: { name } }) => refuse({ reason: 'invalid', message: `unknown role ${name}` }),
};

export const lookupSelf = (operation: 'read' | 'update'): Endpoint => ({
  operation,
  run: (call) => lookUp(call, ownToken(call)),
});

export const lookup = (operation: 'read' | 'update'): Endpoint => ({
  operation,
  // Without a token it is about the caller's own, as in Vault.
  run: (call) =>
    call.var.body.token === undefined ? lookUp(call, ownToken(call)) : withToken(call, lookUp),
});

export const lookupAccessor: Endpoint = {
  operation: 'update',
  run: (call) => withAccessor(call, lookUp),
};

export const renewSelf: Endpoint = {
  operation: 'update',
  run: (call) => renew(call, ownToken(call)),
};

export const renewToken: Endpoint = {
  operation: 'update',
  run: (call) => withToken(call, renew),
};

export const renewAccessor: Endpoint = {
  operation: 'update',
  run: (call) => withAccessor(call, renew),
};

export const revokeSelf: Endpoint = {
  operation: 'update',
  run: (call) => revoke(call, ownToken(call)),
};

export const revokeToken: Endpoint = {
  operation: 'update',
  run: (call) => withToken(call, revoke),
};

export const revokeOrphan: Endpoint = {
  operation: 'update',
  sudo: true,
  run: (call) => withToken(call, (_, target) => revoke(call, target, true)),
};

export const revokeAccessor: Endpoint = {
  operation: 'update',
  run: (call) => withAccessor(call, revoke),
};

export const listAccessors: Endpoint = {
  operation: 'list',
  sudo: true,
  run: async ({ env, var: { namespace } }) =>
    list(await callAuthority(env, namespace, (authority) => authority.tokenAccessors())),
};

async function create(call: Call, alwaysOrphan: boolean): Promise<Response> {
  const { env } = call;
  const { body, caller, namespace, path, config } = call.var;
  const { access, token } = caller;
  if (typeof body.id === 'string' && (await isRootToken(body.id, config))) {
    return refuse(invalid('cannot create a token with a duplicate ID').failure);
  }
  if (config.upstream !== undefined && body.id) {
    const message =
      'a token with an id of your choice cannot be made here: with UPSTREAM_ADDR set, every token that does not begin with "ctk." is the upstream\'s; leave id out';
    return refuse(invalid(message).failure);
  }
  const fromAbove = (token?.authority ?? ROOT) !== namespace;
  const foreign = fromAbove ? token : undefined;
  if (foreign !== undefined) {
    const { authority, state } = foreign;
    const lives = await authorityStub(env, authority).recordForeignChild(state.id, namespace);
    if (!lives) return refuse({ reason: 'invalid_token' });
  }
  const maker: Maker = {
    root: access.isRoot,
    sudo: access.hasSudo(pathOfKey(namespace), path.apiPath, 'update'),
    fromAbove,
    token: token && !fromAbove ? { id: token.state.id, policies: token.state.policies } : undefined,
    foreignToken: foreign && foreignTokenName(foreign.state.id, foreign.authority),
    expires: token?.state.expiresAt !== undefined,
    identity: token?.state.identity,
    limitedUses: token?.state.limitedUses ?? false,
  };
  const issued = await authorityStub(env, namespace).createToken(body, maker, alwaysOrphan);
  if (!issued.ok) return refuse(issued.failure);
  const { id, auth, warnings } = issued.value;
  if (foreign !== undefined && !(await stillLives(env, foreign))) {
    // Its parent was revoked before there was a child to revoke with it.
    await authorityStub(env, namespace).revokeToken({ id });
    return refuse({ reason: 'invalid_token' });
  }
  audit('token_created', {
    namespace: pathOfKey(namespace),
    accessor: auth.accessor,
    by: actorOf(caller),
    policies: auth.policies.join(','),
  });
  return answer({ auth, warnings, mountType: 'token' });
}

async function stillLives(
  env: Env,
  { authority, state }: NonNullable<Caller['token']>,
): Promise<boolean> {
  const { id } = state;
  const found = await callAuthority(env, authority, (authority) =>
    authority.describeToken({ id }, ''),
  );
  return found !== undefined;
}

async function lookUp({ env, var: { body, caller } }: Call, target: Target): Promise<Response> {
  if (target === 'root')
    return tokenAnswer({ ...ROOT_TOKEN_DATA, id: body.token ?? caller.secret });
  if (target === 'unknown') return refuse({ reason: 'forbidden', message: 'bad token' });
  const { authority, reference, secret } = target;
  const data = await callAuthority(env, authority, (authority) =>
    authority.describeToken(reference, secret),
  );
  if (data !== undefined) return tokenAnswer(data);
  return 'accessor' in reference
    ? refuse(INVALID_ACCESSOR)
    : refuse({ reason: 'forbidden', message: 'bad token' });
}

async function renew(call: Call, target: Target): Promise<Response> {
  if (target === 'root') return refuse(invalid('lease is not renewable').failure);
  if (target === 'unknown') return refuse(invalid('token not found').failure);
  const { increment: wanted } = call.var.body;
  const increment: Result<number> =
    wanted === undefined || wanted === null || wanted === ''
      ? ok(0)
      : parseDuration(wanted, 'increment');
  if (!increment.ok) return refuse(increment.failure);
  const { authority, reference, secret } = target;
  const renewed = await authorityStub(call.env, authority).renewToken(
    reference,
    increment.value,
    secret,
  );
  if (renewed === undefined) {
    return 'accessor' in reference
      ? refuse(INVALID_ACCESSOR)
      : refuse(invalid('token not found').failure);
  }
  if (!renewed.ok) return refuse(renewed.failure);
  const { auth, warnings } = renewed.value;
  return answer({ auth, warnings, mountType: 'token' });
}

async function revoke(call: Call, target: Target, keepChildren = false): Promise<Response> {
  if (target === 'root') return refuse(invalid(ROOT_TOKEN_IS_CONFIGURED).failure);
  const { env } = call;
  const { caller, namespace } = call.var;
  const accessor =
    target === 'unknown'
      ? undefined
      : await authorityStub(env, target.authority).revokeToken(target.reference, keepChildren);
  if (accessor === undefined) {
    if (target !== 'unknown' && 'accessor' in target.reference) return refuse(INVALID_ACCESSOR);
    // That it is gone is what was wanted.
    return keepChildren ? refuse(invalid('token to revoke not found').failure) : done();
  }
  workerCaches.tokenRevoked();
  audit('token_revoked', {
    namespace: pathOfKey(namespace),
    accessor,
    by: actorOf(caller),
  });
  return done();
}

type Act = (call: Call, target: Target) => Promise<Response>;

/** The token of the request itself. */
function ownToken({ var: { caller } }: Call): Target {
  const { token, secret } = caller;
  if (token === undefined) return 'root';
  return { authority: token.authority, reference: { digest: token.digest }, secret };
}

/** Does something with the token that the body names. */
async function withToken(call: Call, act: Act): Promise<Response> {
  const secret = textOf(call.var.body, 'token');
  if (!secret.ok) return refuse(invalid('missing token ID').failure);
  return act(call, await targetOf(call, secret.value));
}

async function targetOf(
  { env, var: { config, namespace } }: Call,
  secret: string,
): Promise<Target> {
  // What a namespace above hands out is not for one below to look at.
  if (namespace === ROOT && (await isRootToken(secret, config))) return 'root';
  const target = await targetOfToken(secret, namespace, env);
  return target === undefined ? 'unknown' : { ...target, secret };
}

/** Does something with the token whose accessor the body names. */
async function withAccessor(call: Call, act: Act): Promise<Response> {
  const accessor = textOf(call.var.body, 'accessor');
  if (!accessor.ok) return refuse(accessor.failure);
  const target = await targetOfAccessor(accessor.value, call.var.namespace, call.env);
  return target === undefined ? refuse(INVALID_ACCESSOR) : act(call, { ...target, secret: '' });
}

function tokenAnswer(data: Record<string, unknown>): Response {
  return answer({ data, mountType: 'token' });
}
