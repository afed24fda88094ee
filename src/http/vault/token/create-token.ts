/** `/v1/auth/token/create` and `create-orphan`. */

import { invalid, ok, type Result } from '../../../lib/result.ts';
import { pathOfKey, ROOT } from '../../../namespace/namespace.ts';
import { callAuthority, callAuthorityOnce } from '../../../objects/stubs.ts';
import { foreignTokenName } from '../../../token/token-record.ts';
import type { Maker } from '../../../token/token-request.ts';
import { auditCall } from '../../audit-log.ts';
import type { Caller } from '../../authentication/caller.ts';
import { isRootToken } from '../../authentication/root-token.ts';
import type { Call } from '../../endpoint-types.ts';
import { answer, refuse } from '../../respond.ts';
import { workerCaches } from '../../worker-caches.ts';

type CallerToken = NonNullable<Caller['token']>;

export async function createToken(call: Call, alwaysOrphan: boolean): Promise<Response> {
  const { env } = call;
  const { body, caller, namespace } = call.var;
  const id = await checkId(call);
  if (!id.ok) return refuse(id.failure);
  const foreign = caller.token?.authority === namespace ? undefined : caller.token;
  if (foreign !== undefined && !(await recordForeignChild(env, foreign, namespace))) {
    return refuse({ reason: 'invalid_token' });
  }
  const created = await callAuthorityOnce(env, namespace, (authority) =>
    authority.createToken(body, makerOf(call), alwaysOrphan),
  );
  if (!created.ok) return refuse(created.failure);
  if (body.id !== undefined) workerCaches.tokenChosen();
  const { auth, warnings } = created.value;
  if (foreign !== undefined && !(await isLive(env, foreign))) {
    // The parent was revoked before it had a child that could be revoked with it.
    await callAuthority(env, namespace, (authority) =>
      authority.revokeToken({ id: created.value.id }),
    );
    return refuse({ reason: 'invalid_token' });
  }
  const { accessor, policies } = auth;
  auditCall(call, 'token_created', { accessor, policies: policies.join(',') });
  return answer({ auth, warnings, mountType: 'token' });
}

/** Checks the token itself, if the caller chose it. */
async function checkId({ var: { body, config } }: Call): Promise<Result<undefined>> {
  if (typeof body.id === 'string' && (await isRootToken(body.id, config))) {
    return invalid('cannot create a token with a duplicate ID');
  }
  if (config.upstream !== undefined && body.id) {
    return invalid(
      'a token with an id of your choice cannot be made here: with UPSTREAM_ADDR set, every token that does not begin with "ctk." is the upstream\'s; leave id out',
    );
  }
  return ok(undefined);
}

function makerOf({ var: { caller, namespace, path } }: Call): Maker {
  const { access, token } = caller;
  const fromAbove = (token?.authority ?? ROOT) !== namespace;
  return {
    root: access.isRoot,
    sudo: access.hasSudo(pathOfKey(namespace), path.apiPath, 'update'),
    fromAbove,
    token: token && !fromAbove ? { id: token.state.id, policies: token.state.policies } : undefined,
    foreignToken:
      token && fromAbove ? foreignTokenName(token.state.id, token.authority) : undefined,
    expires: token?.state.expiresAt !== undefined,
    identity: token?.state.identity,
    limitedUses: token?.state.limitedUses ?? false,
  };
}

/** A token of a namespace above is told of its child before there is one, so that it is never revoked without it. */
function recordForeignChild(
  env: Env,
  { authority, state }: CallerToken,
  namespace: string,
): Promise<boolean> {
  return callAuthority(env, authority, (stub) => stub.recordForeignChild(state.id, namespace));
}

async function isLive(env: Env, { authority, state: { id } }: CallerToken): Promise<boolean> {
  const data = await callAuthority(env, authority, (stub) => stub.describeToken({ id }, ''));
  return data !== undefined;
}
