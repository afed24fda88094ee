/** Reads bytes, text and JSON. */

import { invalid, ok, type Result } from './result.ts';

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

export function decodeUtf8(bytes: Uint8Array): Result<string> {
  try {
    return ok(UTF_8.decode(bytes));
  } catch {
    return invalid('the body is not UTF-8');
  }
}

export function parseJson(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return invalid(`not JSON: ${withoutExcerpt((error as SyntaxError).message)}`);
  }
}

/** V8's message quotes the text around the error, which may contain a secret. */
function withoutExcerpt(message: string): string {
  return message.replace(/, (?:\.\.\.)?".*/s, '');
}

/** RFC 4648, section 4, with padding. */
export function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
}

/**
 * Reads a stream into memory, and stops when it is longer than allowed.
 *
 * @returns undefined if it is longer
 */
export async function readBytes(
  stream: AsyncIterable<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** The first `.` or `..` segment of a path. Some readers of a path resolve such a segment, others do not. */
export function dotSegment(path: string): '.' | '..' | undefined {
  if (!path.includes('.')) return undefined;
  return path.split('/').find((segment) => segment === '.' || segment === '..') as
    | '.'
    | '..'
    | undefined;
}

/** Go's `strconv.ParseBool`, with which Vault reads flags. An empty text is false, as in Vault. */
export function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['', '0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  return undefined;
}
