/**
 * The one parser of request paths: what it returns is what is routed, authorised and named after.
 *
 * `new URL` would fold `%2e%2e` before anyone could refuse it, and a router that decodes for itself
 * could see another path than the one that was checked.
 */
import { invalid, ok, type Result } from '../result.ts';

/** The decoded path of a request URL, refused where two readers could disagree about it. */
export function parsePath(url: string): Result<string> {
  const withoutScheme = url.slice(url.indexOf('://') + '://'.length);
  const [beforeQuery = ''] = withoutScheme.split(/[?#]/, 1);
  const slash = beforeQuery.indexOf('/');
  const raw = slash === -1 ? '/' : beforeQuery.slice(slash);

  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    return invalid('the path of the URL has a malformed percent escape');
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path))
    return invalid('the path of the URL has a control character');
  const dots = path.split('/').find((segment) => segment === '.' || segment === '..');
  if (dots !== undefined) return invalid(`the path of the URL has a "${dots}" segment`);
  return ok(path);
}

/** What follows the prefix in a parsed path; empty where nothing does. */
export function after(prefix: string, path: string): string {
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : '';
}
