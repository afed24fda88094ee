/** Whether the policies of the caller allow what an endpoint does. */
import { pathOfKey } from '../namespace/namespace.ts';
import type { Operation } from '../policy/acl.ts';
import { audit } from './audit-log.ts';
import { actorOf } from './authentication/caller.ts';
import type { Call } from './endpoint-types.ts';
import { refuse } from './respond.ts';

interface EndpointAccess {
  readonly operation: Operation;
  readonly path: string;
  readonly sudo: boolean;
}

/** @param namespace the path of the Vault namespace in which the endpoint acts */
export function isAllowed(
  { var: { caller, body } }: Call,
  namespace: string,
  { operation, path, sudo }: EndpointAccess,
): boolean {
  // Vault lists folders: the path of a list ends in a slash.
  const asked = operation === 'list' ? `${path.replace(/\/$/, '')}/` : path;
  return (
    caller.access.allows(namespace, { operation, path: asked, data: body }) &&
    (!sudo || caller.access.hasSudo(namespace, asked, operation))
  );
}

export function deny(call: Call, namespace: string, operation: Operation): Response {
  auditDenial(call, namespace, operation);
  return refuse({ reason: 'denied' });
}

export function auditDenial(call: Call, namespace: string, operation: Operation): void {
  const { caller, path } = call.var;
  audit(call, 'denied', { namespace, operation, path: path.apiPath, accessor: actorOf(caller) });
}

/** Whether the caller may ask about tokens and events of others. */
export function maySeeOthers({ var: { caller, namespace, path } }: Call): boolean {
  return caller.access.hasSudo(pathOfKey(namespace), path.apiPath, 'update');
}
