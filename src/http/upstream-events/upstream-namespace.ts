/** The namespace in the header of a request that passes through, as the upstream reads it. */
import { parseNamespacePath, trimSlashes } from '../../namespace/namespace.ts';

/**
 * A name of OpenBao may have a comma, and no space: only a comma with a space behind it separates repeated values, of which the
 * first one counts.
 *
 * @returns the path; also one that no namespace can have here, so that its events are lost and not those of another
 */
export function upstreamNamespace(headers: Headers): string {
  const [first = ''] = (headers.get('x-vault-namespace') ?? '').split(/,[ \t]/, 1);
  const text = first.trim();
  return parseNamespacePath(text) ?? trimSlashes(text);
}
