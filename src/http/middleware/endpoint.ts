/** From the table of endpoints to the one that a request calls. */

import type { MiddlewareHandler } from 'hono';
import { parseBool } from '../../lib/parse-bool.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { deny, isAllowed } from '../authorize.ts';
import type { Call, Endpoint, EndpointEnv, Methods } from '../endpoint.ts';
import { refuse } from '../respond.ts';
import { warnOfUnread } from '../unread-parameters.ts';

/** @param endpointPath its path in the table */
export function selectEndpoint(
  endpointPath: string,
  methods: Methods,
): MiddlewareHandler<EndpointEnv> {
  return async (c, next) => {
    const { path, query } = c.var;
    const endpoint = endpointFor(
      methods,
      c.req.method,
      parseBool(query.get('list') ?? '') === true,
    );
    if (endpoint === undefined) {
      return refuse({ reason: 'unsupported_operation', allow: allowedMethods(methods) });
    }
    c.set('endpoint', endpoint);
    c.set('parameters', methods.parameters);
    c.set('name', nameIn(endpointPath, path.apiPath));
    return next();
  };
}

/** Calls the endpoint if the policies of the caller allow it. */
export async function callEndpoint(call: Call): Promise<Response> {
  const { body, endpoint, namespace, parameters, path } = call.var;
  const { sudo = false, ignoresCase = false } = endpoint;
  const isNew = endpoint.exists !== undefined && !(await endpoint.exists(call));
  const operation = isNew ? 'create' : endpoint.operation;
  const paths = new Set([path.apiPath, ...(ignoresCase ? [path.apiPath.toLowerCase()] : [])]);
  const inNamespace = pathOfKey(namespace);
  for (const each of paths) {
    if (!isAllowed(call, inNamespace, { operation, path: each, sudo })) {
      return deny(call, inNamespace, operation);
    }
  }
  return warnOfUnread(await endpoint.run(call), body, parameters);
}

function endpointFor(methods: Methods, method: string, isList: boolean): Endpoint | undefined {
  switch (method) {
    case 'GET':
      return isList ? methods.list : methods.read;
    case 'POST':
    case 'PUT':
      return methods.write;
    case 'DELETE':
      return methods.remove;
    default:
      return undefined;
  }
}

function allowedMethods({ read, list, write, remove }: Methods): string {
  const names = [
    ...(read || list ? ['GET'] : []),
    ...(write ? ['POST', 'PUT'] : []),
    ...(remove ? ['DELETE'] : []),
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
