/** Response headers for the pages that the operator allows. A WebSocket has a check of its own: see `subscribe`. */

import type { Context, Next } from 'hono';
import { cors } from 'hono/cors';
import type { AppEnv, MiddlewareResult } from '../context.ts';
import { CURSOR_HEADER } from '../events/streams/open.ts';
import { isAllowedOrigin } from '../request/origin.ts';
import { WARNING_HEADER } from '../warning-header.ts';

export function allowOrigins(c: Context<AppEnv>, next: Next): MiddlewareResult {
  const config = c.get('config');
  if (config.allowedOrigins.length === 0) return next();
  const { headers } = c.req.raw;
  // A CloudEvents sender also asks by OPTIONS, and is no page.
  if (headers.has('upgrade') || headers.has('webhook-request-origin')) return next();
  return cors({
    origin: (origin) => (isAllowedOrigin(origin, config) ? origin : null),
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposeHeaders: ['Retry-After', CURSOR_HEADER, WARNING_HEADER, 'Last-Event-ID'],
  })(c, next);
}
