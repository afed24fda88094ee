/** Reads a message of a queue as a delivery to a source. */

import type { EventDefaults } from '../../../event/event.ts';
import { MAX_DELIVERY_BYTES } from '../../../ingest/limits.ts';
import type { CheckedEvent } from '../../../ingest/read-events.ts';
import type { WebhookRequest } from '../../../ingest/webhooks/request.ts';
import type { DocumentSource } from '../../../ingest/webhooks/source.ts';
import type { Proof } from '../../../ingest/webhooks/verifiers/verifier.ts';
import { invalid, ok, type Result, tooLarge } from '../../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../../lib/text.ts';
import { whyCircle } from '../../publishing/hops.ts';
import { readWebhook } from './delivery-events.ts';

/** The events of a message, by the rules of its source. */
export async function readMessage(
  source: DocumentSource,
  { id, timestamp, body }: Pick<Message, 'id' | 'timestamp' | 'body'>,
  defaults: EventDefaults,
): Promise<Result<readonly CheckedEvent[]>> {
  const json = jsonOf(body);
  if (!json.ok) return json;
  const bytes = new TextEncoder().encode(json.value);
  if (bytes.byteLength > MAX_DELIVERY_BYTES) {
    return tooLarge(
      `the message has ${bytes.byteLength} bytes, at most ${MAX_DELIVERY_BYTES} are allowed`,
    );
  }
  const reading = await readWebhook(
    source,
    deliveryOfJson(bytes),
    messageProof(id, timestamp),
    defaults,
  );
  if (!reading.ok) return reading;
  if (reading.value.kind !== 'events') {
    return invalid('the message is a verification challenge, and a queue has none');
  }
  const circle = whyCircle(reading.value.events);
  return circle === undefined ? ok(reading.value.events) : invalid(circle);
}

/** What stands for `{id}` and `{timestamp}` in the rules of the source. A message that is delivered again has the same. */
export function messageProof(id: string, timestamp: Date): Proof {
  return { id, timestamp: timestamp.toISOString() };
}

function deliveryOfJson(body: Uint8Array): WebhookRequest {
  return {
    method: 'POST',
    url: '',
    query: new URLSearchParams(),
    headers: new Headers(),
    body,
    token: undefined,
  };
}

/**
 * A message of content type `json` or `v8` is a value, `text` a text, and `bytes` is bytes. Text that is no JSON stands for
 * itself.
 */
function jsonOf(body: unknown): Result<string> {
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    const text = decodeUtf8(bytesOf(body));
    return text.ok ? ok(textAsJson(text.value)) : text;
  }
  if (typeof body === 'string') return ok(textAsJson(body));
  try {
    // Undefined for a value that JSON does not have, such as undefined itself.
    const json = JSON.stringify(body) as string | undefined;
    if (json !== undefined) return ok(json);
  } catch {
    // A BigInt, or an object that contains itself.
  }
  return invalid('the body cannot be written as JSON; send the message with content type "json"');
}

function bytesOf(body: ArrayBuffer | ArrayBufferView): Uint8Array {
  return body instanceof ArrayBuffer
    ? new Uint8Array(body)
    : new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
}

function textAsJson(text: string): string {
  return parseJson(text).ok ? text : JSON.stringify(text);
}
