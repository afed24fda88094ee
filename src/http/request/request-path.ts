/** The path of a request, parsed once. */

import { ok, type Result } from '../../lib/result.ts';
import { divide } from './namespace-path.ts';
import { parsePath, withoutVersion } from './path.ts';

export interface RequestPath {
  /** Decoded, with the namespace if it is in the URL: `/v1/team-a/sys/health`. */
  readonly whole: string;
  /** The namespace in the URL: `team-a`; empty if there is none. */
  readonly namespace: string;
  /** The path without the namespace: `/v1/sys/health`. */
  readonly route: string;
  /** The route as Vault names it in messages and policies: `sys/health`. */
  readonly apiPath: string;
}

const paths = new WeakMap<Request, Result<RequestPath>>();

/** Hono asks for the route before any middleware runs, so the parsed path is kept with its request. */
export function pathOf(request: Request): Result<RequestPath> {
  let path = paths.get(request);
  if (path === undefined) {
    path = parseRequestPath(request.url);
    paths.set(request, path);
  }
  return path;
}

function parseRequestPath(url: string): Result<RequestPath> {
  const whole = parsePath(url);
  if (!whole.ok) return whole;
  const { namespace, route } = divide(whole.value);
  return ok({ whole: whole.value, namespace, route, apiPath: withoutVersion(route) });
}
