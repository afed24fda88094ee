/** A path or a method that no route has. */

import type { Next } from 'hono';
import { pathOfKey } from '../../namespace/namespace.ts';
import type { AppContext, CallerContext, MiddlewareResult } from '../context.ts';
import { isOfEvents } from '../event-routes.ts';
import { refuse } from '../respond.ts';
import { namedPath } from './namespace.ts';

const NOT_OF_API = ' Paths of the API begin with "/v1/", in lower case.';

/** Outside the API there is nothing to protect, so everybody is told that there is no route. */
export async function requireApiPath(c: AppContext, next: Next): MiddlewareResult {
  const { route } = c.var.path;
  if (route === '/v1' || route.startsWith('/v1/')) return next();
  return refuse({ reason: 'no_route', path: namedPath(c), why: NOT_OF_API });
}

/** As in Vault, a caller who has no rights on a path does not learn whether it exists. */
export function refuseUnknownRoute(c: CallerContext): Response {
  const { caller, namespace, path } = c.var;
  const rights = caller.access.capabilities(pathOfKey(namespace), path.apiPath);
  return rights.includes('deny')
    ? refuse({ reason: 'denied' })
    : refuse({ reason: 'no_route', path: path.apiPath, ...whyNoRoute(c) });
}

/** @param why replaces Vault's message, for a route that Vault does not have */
export function unsupportedMethod(allow: string, why?: string): () => Response {
  return () => refuse({ reason: 'unsupported_operation', allow, ...(why && { why }) });
}

function whyNoRoute(c: CallerContext): { why?: string } {
  const { config, path } = c.var;
  if (/^sys\/events\/sources\/[^/]+\/./.test(path.apiPath)) {
    return { why: ' The name of a source has no slash.' };
  }
  return config.upstream === undefined || isOfEvents(path.route)
    ? {}
    : { why: " The token is Carillon's, so the request was not passed to the upstream." };
}
