/** CloudEvents in binary content mode: the attributes are in `ce-` headers, the body is the data. */

import { Buffer } from 'node:buffer';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../lib/text.ts';
import { isJsonMediaType, parseContentType } from '../content-type.ts';
import type { RawEvent } from '../raw-event.ts';

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
    // The platform decodes headers as UTF-8 and writes this character for bytes that are not.
    if (value.includes('\ufffd'))
      return invalid(`the header ${header} has bytes that are no UTF-8`);
    const decoded = decodeHeader(value);
    if (decoded === undefined)
      return invalid(`the header ${header} decodes to bytes that are no UTF-8`);
    attributes.push([name, isUri(name) && !isUriText(decoded) ? value : decoded]);
  }
  if (contentType !== null) attributes.push(['datacontenttype', contentType]);
  if (body.length > 0) {
    const data = dataOf(contentType, body);
    if (!data.ok) return data;
    attributes.push(data.value);
  }
  return ok([{ where: '', body: Object.fromEntries(attributes), isCloudEvent: true }]);
}

/**
 * Decodes the value of an attribute: unquotes it, then decodes percent escapes (CloudEvents HTTP binding, section
 * 3.1.3.2). Undefined if the bytes are not UTF-8.
 */
function decodeHeader(value: string): string | undefined {
  const unquoted = /^"(?:[^"\\]|\\.)*"$/.test(value)
    ? value.slice(1, -1).replace(/\\(.)/g, '$1')
    : value;
  try {
    return unquoted.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeURIComponent);
  } catch {
    return undefined;
  }
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

/** ASCII is a subset of UTF-8. */
const UTF_8_CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii']);

/** JSON becomes its value, other text a string, and other bytes Base64. */
function dataOf(contentType: string | null, body: Uint8Array): Result<[string, unknown]> {
  const { mediaType, charset } = parseContentType(contentType ?? 'application/json');
  const text = UTF_8_CHARSETS.has(charset) ? decodeUtf8(body) : undefined;
  if (text !== undefined && isJsonMediaType(mediaType)) {
    const data = text.ok ? parseJson(text.value) : text;
    if (data.ok) return ok(['data', data.value]);
    // Without a content type nobody said that the data is JSON.
    if (contentType !== null) return data;
  }
  return ok(
    text?.ok ? ['data', text.value] : ['data_base64', Buffer.from(body).toString('base64')],
  );
}
