/**
 * The data of a CloudEvent, in one form for all modes: its content type decides. JSON is its value, text is `data`, and
 * bytes are `data_base64`. An SDK chooses between the last two by the type of the value that its user passed, and sends
 * the same bytes either way in binary mode.
 */
import { Buffer } from 'node:buffer';
import { failureIn, invalid, ok, type Result } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import {
  checkAscii,
  isJsonMediaType,
  isTextMediaType,
  isUtf8OrAscii,
  parseContentType,
  textOf,
} from '../content-type.ts';

type Data =
  | { readonly data: unknown }
  /** The bytes in Base64. */
  | { readonly data_base64: string };

/** @param contentType undefined if the sender gave none: then the data is JSON if it can be */
export function dataOfBytes(contentType: string | undefined, bytes: Uint8Array): Result<Data> {
  const { mediaType, charset } = parseContentType(contentType ?? 'application/json');
  const ascii = checkAscii(charset, bytes);
  if (!ascii.ok) return ascii;
  const isJson = isJsonMediaType(mediaType);
  const text = isJson || isTextMediaType(mediaType) ? textOf(bytes, charset) : undefined;
  if (isJson && text !== undefined) {
    const json = parseJson(text);
    if (json.ok) return ok({ data: json.value });
    // Without a content type nobody said that the data is JSON.
    if (contentType !== undefined) return json;
  }
  if (text !== undefined) return ok({ data: text });
  return isJson && contentType !== undefined && isUtf8OrAscii(charset)
    ? invalid('the body is not UTF-8')
    : ok({ data_base64: Buffer.from(bytes).toString('base64') });
}

/** The data of a CloudEvent in JSON, which has it as a value or in Base64, as its bytes would be read. */
export function dataOfJson(
  contentType: string | undefined,
  { data, data_base64 }: { readonly data?: unknown; readonly data_base64?: unknown },
): Result<Data | undefined> {
  if (typeof data_base64 === 'string') {
    const read = dataOfBytes(contentType, Buffer.from(data_base64, 'base64'));
    return read.ok ? read : failureIn('data_base64', read.failure);
  }
  if (data === undefined) return ok(undefined);
  const areBytes =
    typeof data === 'string' &&
    data.isWellFormed() &&
    contentType !== undefined &&
    isBytes(contentType);
  return ok(areBytes ? { data_base64: Buffer.from(data).toString('base64') } : { data });
}

function isBytes(contentType: string): boolean {
  const { mediaType } = parseContentType(contentType);
  return !isJsonMediaType(mediaType) && !isTextMediaType(mediaType);
}
