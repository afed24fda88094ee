/** Where a request is sent: `c.var.path`, `c.var.query` and `c.var.namespacePath`. */

import type { Context, Next } from 'hono';
import type { AppEnv, MiddlewareResult } from '../context.ts';
import { namespaceOf, parseQuery, pathOf } from '../request/path.ts';
import { refuse } from '../respond.ts';

/** The route by which Hono finds the handlers. A path that cannot be parsed needs none: `resolvePath` refuses it. */
export function routeOf(request: Request): string {
  const path = pathOf(request.url);
  return path.ok ? path.value.route : '/';
}

export function resolvePath(c: Context<AppEnv>, next: Next): MiddlewareResult {
  const { url, headers } = c.req.raw;
  const path = pathOf(url);
  if (!path.ok) return Promise.resolve(refuse(path.failure));
  c.set('path', path.value);
  c.set('query', parseQuery(url));
  c.set('namespacePath', namespaceOf(headers, path.value.namespace));
  return next();
}
