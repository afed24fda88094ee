/**
 * The one parser of request paths: its result is routed, authorised, and named in messages. `new URL` would fold
 * `%2e%2e` before anything could reject it, and a router that decodes again could see another path than was checked.
 */

import { invalid, ok, type Result } from '../../lib/result.ts';
import { dotSegment } from '../../lib/text.ts';

/** Scheme and host, path, query. The last two may be missing. */
const URL_PARTS = /^([a-z]+:\/\/[^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?/i;

/**
 * Decodes the path of a URL, and rejects what two readers could understand differently. Consecutive slashes are
 * merged: Vault redirects to the merged path, and a client that follows loses its body or its WebSocket. An escaped
 * slash is not merged, as in Vault.
 */
export function parsePath(url: string): Result<string> {
  const [, , written = '/'] = URL_PARTS.exec(url) ?? [];
  const raw = written.replace(/\/{2,}/g, '/');

  let path: string;
  try {
    path = decodeURIComponent(raw);
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

/** Parses the query of a URL. `new URL` would throw if the Host header is no valid host. */
export function parseQuery(url: string): URLSearchParams {
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
