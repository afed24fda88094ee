/** Reads the JSON body of a request or an answer beside its way: a copy, if it is small. */

import { decodeUtf8, parseJson, readBytes } from '../../lib/text.ts';
import { MAX_COPIED_BODY_BYTES } from '../limits.ts';
import { valuesOf } from '../request/header.ts';

/** Undefined if there is no body, or if it is not read. */
export type ReadBody = { readonly text: string; readonly json: unknown } | undefined;

/** @returns undefined if the body is too large, compressed, or is not there */
export function copyOf<Message extends Request | Response>(message: Message): Message | undefined {
  const { body, headers } = message;
  const codings = valuesOf(headers.get('content-encoding'));
  const isPlain = codings.every((coding) => coding.toLowerCase() === 'identity');
  const isLarge = Number(headers.get('content-length') ?? 0) > MAX_COPIED_BODY_BYTES;
  if (body === null || isLarge || !isPlain) return undefined;
  return message.clone() as Message;
}

/** A client need not say that a body is JSON, so its content decides. */
export async function readJsonCopy(copy: Request | Response | undefined): Promise<ReadBody> {
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
