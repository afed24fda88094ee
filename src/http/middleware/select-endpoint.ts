/** From the table of endpoints to the handler of a request. */

import type { MiddlewareHandler } from 'hono';
import { parseBool } from '../../lib/text.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import type { Operation } from '../../policy/acl.ts';
import { deny, isAllowed } from '../authorize.ts';
import type { Call, Endpoint, EndpointEnv } from '../endpoint-types.ts';
import { refuse } from '../respond.ts';
import { warnOfUnread } from '../unread-parameters.ts';

const OPERATIONS = new Map<string, 'read' | 'update' | 'delete'>([
  ['GET', 'read'],
  ['POST', 'update'],
  ['PUT', 'update'],
  ['DELETE', 'delete'],
]);

/** @param endpointPath its path in the table */
export function selectEndpoint(
  endpointPath: string,
  endpoint: Endpoint,
): MiddlewareHandler<EndpointEnv> {
  return async (c, next) => {
    const { path, query } = c.var;
    const isList = endpoint.alwaysLists === true || parseBool(query.get('list') ?? '') === true;
    const byMethod = OPERATIONS.get(c.req.method);
    const operation = byMethod === 'read' && isList ? 'list' : byMethod;
    const handler = operation && endpoint[operation];
    if (operation === undefined || handler === undefined) {
      return refuse({ reason: 'unsupported_operation', allow: allowedMethods(endpoint) });
    }
    c.set('endpoint', endpoint);
    c.set('handler', handler);
    c.set('operation', operation);
    c.set('name', nameIn(endpointPath, path.apiPath));
    return next();
  };
}

/** Calls the handler if the policies of the caller allow it. */
export async function callEndpoint(call: Call): Promise<Response> {
  const { body, endpoint, handler, namespace, path } = call.var;
  const { sudo = false, ignoresCase = false, parameters } = endpoint;
  const operation = await neededOperation(call);
  const paths = new Set([path.apiPath, ...(ignoresCase ? [path.apiPath.toLowerCase()] : [])]);
  const inNamespace = pathOfKey(namespace);
  for (const each of paths) {
    if (!isAllowed(call, inNamespace, { operation, path: each, sudo })) {
      return deny(call, inNamespace, operation);
    }
  }
  return warnOfUnread(await handler(call), body, parameters);
}

async function neededOperation(call: Call): Promise<Operation> {
  const { endpoint, operation } = call.var;
  if (operation !== 'update' || endpoint.exists === undefined) return operation;
  return (await endpoint.exists(call)) ? 'update' : 'create';
}

function allowedMethods(endpoint: Endpoint): string {
  const names = [
    ...(endpoint.read || endpoint.list ? ['GET'] : []),
    ...(endpoint.update ? ['POST', 'PUT'] : []),
    ...(endpoint.delete ? ['DELETE'] : []),
  ];
  return names.join(', ');
}

function nameIn(endpointPath: string, apiPath: string): string {
  const segments = apiPath.split('/');
  const index = endpointPath.split('/').findIndex((segment) => segment.startsWith(':'));
  if (index === -1) return '';
  // A name with slashes is the rest of the path.
  return endpointPath.endsWith(':names')
    ? segments.slice(index).join('/')
    : (segments[index] ?? '');
}
