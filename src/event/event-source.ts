/** The `source` attribute of an event: a URI reference, as its publisher wrote it. */

import { quote } from '../lib/quote.ts';
import { rememberingLast } from '../lib/repeated.ts';
import { invalid, isOk, ok, type Result, tooMany } from '../lib/result.ts';
import { MAX_EVENT_SOURCE_CHARACTERS } from './limits.ts';

/** Characters of a URI reference (RFC 3986, section 2); a `%` begins an escape. */
const URI_REFERENCE = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

/** @param cluster the name of this cluster, whose own sources no publisher may use; undefined if nothing is published */
export const checkEventSource = rememberingLast(checkSource, isOk);

function checkSource(value: string, cluster: string | undefined): Result<string> {
  if (value.length > MAX_EVENT_SOURCE_CHARACTERS) {
    return tooMany('source', value.length, 'characters', MAX_EVENT_SOURCE_CHARACTERS);
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

/** Only the server uses `vault://<cluster>/sys/…`, in any spelling of the same URI. */
function isOwnSource(source: string, cluster: string): boolean {
  const [, authority = '', path = ''] =
    /^vault:\/\/([^/?#]*)([^?#]*)/.exec(normalized(source)) ?? [];
  const host = authority.replace(/^.*@/, '').replace(/:\d*$/, '');
  return host === cluster.toLowerCase() && firstSegment(path) === 'sys';
}

/** Decodes escapes of ASCII, and makes letters lower case. */
function normalized(uri: string): string {
  return uri
    .replace(/%([0-7][0-9A-Fa-f])/g, (_, hex: string) => String.fromCharCode(Number(`0x${hex}`)))
    .toLowerCase();
}

/** Resolves dot segments and empty segments. */
function firstSegment(path: string): string | undefined {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments[0];
}
