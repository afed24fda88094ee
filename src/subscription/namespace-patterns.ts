/** The globs over Vault namespaces that a subscription covers. */
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { isWithin, ROOT } from '../namespace/namespace.ts';
import { MAX_NAMESPACE_PATTERN_CHARACTERS, MAX_NAMESPACE_PATTERNS } from './limits.ts';

/**
 * The Vault namespace of the request, and what each `namespaces` parameter names below it. A parameter that is blank,
 * or only slashes, is ignored.
 *
 * @param request the path of the Vault namespace of the request
 *
 * @example namespacePatterns('team-a', ['*']) // ['team-a', 'team-a/*']
 */
export function namespacePatterns(
  request: string,
  parameters: readonly string[],
): Result<readonly string[]> {
  const values = parameters.filter((value) => /[^/]/.test(value.trim()));
  if (values.length > MAX_NAMESPACE_PATTERNS) {
    return invalid(
      `there are ${values.length} namespaces parameters, at most ${MAX_NAMESPACE_PATTERNS} are allowed`,
    );
  }
  const patterns = [request];
  for (const value of values) {
    if (value.length > MAX_NAMESPACE_PATTERN_CHARACTERS) {
      return invalid(
        `a namespaces parameter has ${value.length} characters, at most ${MAX_NAMESPACE_PATTERN_CHARACTERS} are allowed`,
      );
    }
    const pattern = join(request, value);
    if (!isWithin(pattern, request) || pattern.startsWith('..')) {
      return invalid(`namespaces=${quote(value)} leads out of the namespace of the request`);
    }
    patterns.push(pattern);
  }
  return ok([...new Set(patterns)]);
}

/** Go's `path.Join` of a clean path and a text. */
function join(base: string, text: string): string {
  const joined = base === ROOT ? text : `${base}/${text}`;
  const rooted = joined.startsWith('/');
  const segments: string[] = [];
  for (const segment of joined.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && segments.length > 0 && segments.at(-1) !== '..') segments.pop();
    else if (segment !== '..' || !rooted) segments.push(segment);
  }
  return `${rooted ? '/' : ''}${segments.join('/')}`;
}
