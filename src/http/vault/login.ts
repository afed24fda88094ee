/** Logging in: from what an auth method says of the caller to a token. */

import type { Result } from '../../lib/result.ts';
import type { Login } from '../../logins/login.ts';
import { type AuthMethod, tokenOfLogin } from '../../logins/login-token.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import type { IssuedToken } from '../../objects/authority-contract.ts';
import { type AnonymousCall, authorityOf, type Call } from '../api.ts';
import { audit } from '../audit-log.ts';
import { actorOf } from '../authentication/caller.ts';
import { warnOfUnread } from '../parameters.ts';
import { answer, refuse } from '../respond.ts';

/** An endpoint that takes no token and answers with one. */
export interface LoginEndpoint {
  readonly method: AuthMethod;
  readonly parameters: readonly string[];
  /** Who logs in, or why nobody does. */
  run(call: AnonymousCall): Promise<Result<Login>>;
}

export async function logIn(endpoint: LoginEndpoint, call: AnonymousCall): Promise<Response> {
  const { method } = endpoint;
  const { env, namespace } = call;
  const login = await endpoint.run(call);
  if (!login.ok) {
    audit('login_failed', { namespace: pathOfKey(namespace), method });
    return refuse(login.failure);
  }
  const request = await tokenOfLogin(login.value, method, namespace);
  const issued: Result<IssuedToken> = await authorityOf(env, namespace).createLoginToken(request);
  if (!issued.ok) return refuse(issued.failure);
  const { auth, warnings } = issued.value;
  audit('login', {
    namespace: pathOfKey(namespace),
    method,
    accessor: auth.accessor,
    entity: auth.entity_id,
    policies: auth.policies.join(','),
  });
  return warnOfUnread(
    answer({ auth, warnings, mountType: method }),
    call.body,
    endpoint.parameters,
  );
}

export function auditMethod({ namespace, caller }: Call, method: AuthMethod, what: string): void {
  audit('auth_method_written', {
    namespace: pathOfKey(namespace),
    method,
    what,
    by: actorOf(caller),
  });
}
