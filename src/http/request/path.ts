/**
 * The one parser of request paths: what it returns is what is routed, authorised and named after.
 *
 * `new URL` would fold `%2e%2e` before anyone could refuse it, and a router that decodes for itself
 * could see another path than the one that was checked.
 */
import { dotSegment } from '../../lib/dot-segment.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';

/** Scheme and host, path, query; the last two may be missing. */
const URL_PARTS = /^([a-z]+:\/\/[^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?/i;

/**
 * The decoded path of a request URL, refused where two readers could disagree about it. Slashes that follow one
 * another are one: Vault redirects to that path, and a client that follows loses its body or its WebSocket. An
 * escaped slash is none of them, there as here.
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

/** The query of a request URL. `new URL` would throw at a Host header that is no host. */
export function parseQuery(url: string): URLSearchParams {
  const [, , , query = ''] = URL_PARTS.exec(url) ?? [];
  return new URLSearchParams(query);
}

/** What follows the prefix in a parsed path; empty where nothing does. */
export function after(prefix: string, path: string): string {
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : '';
}

/**
 * Path and query of a request URL as they were written. But for the backslash: where this becomes a URL it would
 * be taken for a slash, and what stands behind it for dot segments.
 */
export function rawPathAndQuery(url: string): string {
  const [, , path = '/', query] = URL_PARTS.exec(url) ?? [];
  const escaped = path.replaceAll('\\', '%5C');
  return query === undefined ? escaped : `${escaped}?${query}`;
}
