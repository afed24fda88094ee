/** CloudEvents whose attributes and data are in a JSON body: one, or a batch. */

import { kindOf } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../lib/text.ts';
import type { RawEvent } from '../raw-event.ts';

/** Structured content mode: `application/cloudevents+json`. */
export function readStructuredMode(body: Uint8Array): Result<RawEvent[]> {
  const json = readBody(body);
  return json.ok ? ok([{ where: '', body: json.value, isCloudEvent: true }]) : json;
}

/** Batched content mode: `application/cloudevents-batch+json`. */
export function readBatchedMode(body: Uint8Array): Result<RawEvent[]> {
  const json = readBody(body);
  if (!json.ok) return json;
  if (!Array.isArray(json.value)) {
    return invalid(`a CloudEvents batch must be a list, not ${kindOf(json.value)}`);
  }
  return ok(
    json.value.map((element: unknown, index) => ({
      where: `event[${index}]`,
      body: element,
      isCloudEvent: true,
    })),
  );
}

function readBody(body: Uint8Array): Result<unknown> {
  const text = decodeUtf8(body);
  return text.ok ? parseJson(text.value) : text;
}
