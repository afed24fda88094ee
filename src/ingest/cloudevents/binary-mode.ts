/** CloudEvents in binary content mode: the attributes are in `ce-` headers, the body is the data. */

import { decodeHeaderText } from '../../lib/header-text.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import type { RawEvent } from '../raw-event.ts';
import { dataOfBytes } from './data.ts';

const HEADER_PREFIX = 'ce-';

export function isBinaryMode(headers: Headers): boolean {
  // Names come in order, so most requests need not read them all.
  for (const name of headers.keys()) {
    if (name >= HEADER_PREFIX) return name.startsWith(HEADER_PREFIX);
  }
  return false;
}

export function readBinaryMode(
  headers: Headers,
  contentType: string | null,
  body: Uint8Array,
): Result<RawEvent[]> {
  const attributes: [string, unknown][] = [];
  for (const [header, value] of headers) {
    if (!header.startsWith(HEADER_PREFIX)) continue;
    const name = header.slice(HEADER_PREFIX.length);
    if (name === 'data' || name === 'data_base64') {
      return invalid(`${header} is no attribute: in binary mode the body is the data`);
    }
    if (isDamaged(value)) return notUtf8(header, 'has');
    const decoded = decodeHeaderText(value);
    if (decoded === undefined) return notUtf8(header, 'decodes to');
    attributes.push([name, isUri(name) && !isUriText(decoded) ? value : decoded]);
  }
  if (contentType !== null) {
    if (isDamaged(contentType)) return notUtf8('content-type', 'has');
    attributes.push(['datacontenttype', contentType]);
  }
  if (body.length > 0) {
    const data = dataOfBytes(contentType ?? undefined, body);
    if (!data.ok) return data;
    attributes.push(...Object.entries(data.value));
  }
  return ok([{ where: '', body: Object.fromEntries(attributes), isCloudEvent: true }]);
}

/**
 * The platform decodes headers as UTF-8, and writes this character for bytes that are not. A sender that means the
 * character itself can escape it.
 */
function isDamaged(value: string): boolean {
  return value.includes('\ufffd');
}

function notUtf8(header: string, how: 'has' | 'decodes to'): Result<never> {
  return invalid(
    `the header ${header} ${how} bytes that are not UTF-8; send the value in UTF-8, percent-encoded: "caf%C3%A9"`,
  );
}

/**
 * A URI has percent escapes of its own. The binding says that their `%` is escaped again, and some SDKs do not. If
 * decoding makes characters that no URI has, the sender did not escape it, and the header is the URI itself.
 */
function isUri(name: string): boolean {
  return name === 'source' || name === 'dataschema';
}

function isUriText(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}
