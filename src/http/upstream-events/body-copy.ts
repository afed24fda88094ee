/** Reads the JSON body of a request or an answer beside its way: a copy, if it is small. */

import { decodeUtf8, parseJson, readBytes } from '../../lib/text.ts';
import { MAX_COPIED_BODY_BYTES } from '../limits.ts';
import { valuesOf } from '../request/header.ts';

/** Undefined if there is no body, or if it is not read. */
export type ReadBody = { readonly text: string; readonly json: unknown } | undefined;

/**
 * The body is copied before this returns, so the message may then go on. A client need not say that a body is JSON, so its
 * content decides.
 */
export async function readJsonCopy(message: Request | Response): Promise<ReadBody> {
  const copy = isReadable(message) ? message.clone() : undefined;
  try {
    const bytes = await readBytes(copy?.body ?? null, MAX_COPIED_BODY_BYTES);
    const text = bytes && decodeUtf8(bytes);
    const json = text?.ok ? parseJson(text.value) : undefined;
    return text?.ok && json?.ok ? { text: text.value, json: json.value } : undefined;
  } catch {
    // The body broke off. What it would have said is missing in the event.
    return undefined;
  }
}

/** Whether there is a body that is neither large, as far as its length is known, nor compressed. */
function isReadable({ body, headers }: Request | Response): boolean {
  const codings = valuesOf(headers.get('content-encoding'));
  const isPlain = codings.every((coding) => coding.toLowerCase() === 'identity');
  const isLarge = Number(headers.get('content-length') ?? 0) > MAX_COPIED_BODY_BYTES;
  return body !== null && !isLarge && isPlain;
}
