/**
 * The one parser of request paths: its result is routed, authorised, and named in messages. `new URL` would fold
 * `%2e%2e` before anything could reject it, and a router that decodes again could see another path than was checked.
 */

import { rememberingLast } from '../../lib/repeated.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { dotSegment } from '../../lib/text.ts';
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { firstValue } from './header.ts';

/** Scheme and host, path, query. The last two may be missing. */
const URL_PARTS = /^([a-z]+:\/\/[^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?/i;

/**
 * Decodes the path of a URL, and rejects what two readers could understand differently. Consecutive slashes are
 * merged: Vault redirects to the merged path, and a client that follows loses its body or its WebSocket. An escaped
 * slash is not merged, as in Vault.
 */
export function parsePath(url: string): Result<string> {
  const [, , written = '/'] = URL_PARTS.exec(url) ?? [];
  let path: string;
  try {
    path = decodeURIComponent(written.replace(/\/{2,}/g, '/'));
  } catch {
    return invalid('the path of the URL has a malformed percent escape');
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path))
    return invalid('the path of the URL has a control character');
  const dots = dotSegment(path);
  if (dots !== undefined) return invalid(`the path of the URL has a "${dots}" segment`);
  return ok(path);
}

/** A path as Vault names it: `sys/health`. */
export function withoutVersion(path: string): string {
  return path.replace(/^\/(v1\/)?/, '');
}

/** Shared by all requests without a query. Nobody changes a query. */
const NO_QUERY = new URLSearchParams();

/** Parses the query of a URL. `new URL` would throw if the Host header is no valid host. */
export function parseQuery(url: string): URLSearchParams {
  if (!url.includes('?')) return NO_QUERY;
  const [, , , query = ''] = URL_PARTS.exec(url) ?? [];
  return new URLSearchParams(query);
}

/** The rest of a parsed path after a prefix; empty if there is none. */
export function after(prefix: string, path: string): string {
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : '';
}

/**
 * Path and query of a URL as written, but with backslashes escaped: the parser of the next URL would read a backslash
 * as a slash, and the text behind it as dot segments.
 */
export function rawPathAndQuery(url: string): string {
  const [, , path = '/', query] = URL_PARTS.exec(url) ?? [];
  const escaped = path.replaceAll('\\', '%5C');
  return query === undefined ? escaped : `${escaped}?${query}`;
}

/** A namespace, and a route behind it. All routes begin with `sys` or `auth`, which no namespace can have as its name. */
const BELOW_NAMESPACE = /^\/v1\/(?!(?:sys|auth)(?:\/|$))(.*?)\/((?:sys|auth)(?:\/.*)?)$/s;

/**
 * Divides a path into the namespace in front of the route, and the route.
 *
 * @example
 * divide('/v1/team-a/sys/health') // { namespace: 'team-a', route: '/v1/sys/health' }
 */
export function divide(path: string): { readonly namespace: string; readonly route: string } {
  const [, namespace, route] = BELOW_NAMESPACE.exec(path) ?? [];
  return namespace === undefined || route === undefined
    ? { namespace: '', route: path }
    : { namespace, route: `/v1/${route}` };
}

/** The path of the namespace: that of the header, and the one in the URL below it. Undefined if none can have it. */
export function namespaceOf(headers: Headers, inUrl: string): string | undefined {
  const header = parseNamespacePath(firstValue(headers.get('x-vault-namespace')));
  if (header === undefined || inUrl === '') return header;
  return parseNamespacePath(`${header}${header && '/'}${inUrl}`);
}

/** The path of a request, parsed once. */
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

/** A query may have a ticket in it, and is not remembered. */
export function pathOf(url: string): Result<RequestPath> {
  return url.includes('?') ? parseRequestPath(url) : parseRepeated(url, undefined);
}

/** Hono asks for the route before any middleware runs, and a publisher repeats its URL. */
const parseRepeated = rememberingLast(parseRequestPath);

function parseRequestPath(url: string): Result<RequestPath> {
  const whole = parsePath(url);
  if (!whole.ok) return whole;
  const { namespace, route } = divide(whole.value);
  return ok({ whole: whole.value, namespace, route, apiPath: withoutVersion(route) });
}
