/** The source of an event: a URI reference, as the producer wrote it. */

import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_SOURCE_CHARACTERS } from './limits.ts';

/** Characters of a URI reference (RFC 3986, section 2); a `%` begins an escape. */
const URI_REFERENCE = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

/**
 * Checks the source that a producer gave.
 *
 * @param cluster whose own sources nobody may claim; undefined where nothing is published
 */
export function checkSource(value: string, cluster: string | undefined): Result<string> {
  if (value.length > MAX_SOURCE_CHARACTERS) {
    return invalid(
      `source has ${value.length} characters, at most ${MAX_SOURCE_CHARACTERS} are allowed`,
    );
  }
  if (!URI_REFERENCE.test(value)) {
    return invalid(`source ${quote(value)} is not a URI reference (RFC 3986)`);
  }
  if (cluster !== undefined && isOwnSource(value, cluster)) {
    return invalid(
      `source ${quote(value)} is reserved: below vault://${cluster}/sys/ only this server names sources. Leave source out or give your own; a relay needs clusters with different names (CLUSTER_NAME)`,
    );
  }
  return ok(value);
}

/** Whether a source is one that the server gives: `vault://<cluster>/sys/…`, in any spelling of the same URI. */
function isOwnSource(source: string, cluster: string): boolean {
  const [, authority = '', path = ''] =
    /^vault:\/\/([^/?#]*)([^?#]*)/.exec(unescaped(source)) ?? [];
  const host = authority.replace(/^.*@/, '').replace(/:\d*$/, '');
  return host === cluster.toLowerCase() && firstSegment(path) === 'sys';
}

/** Of escapes of ASCII, and of letters in either case, one. */
function unescaped(uri: string): string {
  return uri
    .replace(/%([0-7][0-9A-Fa-f])/g, (_, hex: string) => String.fromCharCode(Number(`0x${hex}`)))
    .toLowerCase();
}

/** After dot segments and empty ones are resolved. */
function firstSegment(path: string): string | undefined {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments[0];
}
