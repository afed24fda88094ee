/** Logging in: an auth method says who the caller is, and the authority creates a token for it. */

import type { Result } from '../../lib/result.ts';
import { type AuthMethod, type Login, tokenOfLogin } from '../../logins/login.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { callAuthorityOnce } from '../../objects/stubs.ts';
import { audit } from '../audit-log.ts';
import type { BodyEnv, NamespaceEnv, Resolved } from '../context.ts';
import { admit } from '../rate-limit.ts';
import { answer, refuse } from '../respond.ts';
import { warnOfUnread } from '../unread-parameters.ts';

/** A request to log in. It has no caller yet. */
export type LoginCall = Resolved<NamespaceEnv & BodyEnv>;

/** An endpoint that takes no token and returns one. */
export interface LoginEndpoint {
  readonly method: AuthMethod;
  readonly parameters: readonly string[];
  run(call: LoginCall): Promise<Result<Login>>;
}

export function logIn(endpoint: LoginEndpoint): (call: LoginCall) => Promise<Response> {
  const { method, parameters } = endpoint;
  return async (call) => {
    const { body, namespace } = call.var;
    const admitted = await admit(call.req.raw.headers, call.env);
    if (!admitted.ok) return refuse(admitted.failure);
    const login = await endpoint.run(call);
    if (!login.ok) {
      audit(call, 'login_failed', { namespace: pathOfKey(namespace), method });
      return refuse(login.failure);
    }
    const request = await tokenOfLogin(login.value, method, namespace);
    const issued = await callAuthorityOnce(call.env, namespace, (authority) =>
      authority.createLoginToken(request),
    );
    if (!issued.ok) return refuse(issued.failure);
    const { auth, warnings } = issued.value;
    audit(call, 'login', {
      namespace: pathOfKey(namespace),
      method,
      accessor: auth.accessor,
      entity: auth.entity_id,
      policies: auth.policies.join(','),
    });
    return warnOfUnread(answer({ auth, warnings, mountType: method }), body, parameters);
  };
}
