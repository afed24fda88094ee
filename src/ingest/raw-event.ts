/**
 * Events as their format has them, before they are checked.
 *
 * In JSON an event is either a plain JSON event or a CloudEvent, which has a `specversion`. So the frames of a
 * subscription can be published as they are.
 */

import { isJsonObject } from '../lib/json.ts';
import { failureIn, invalid, ok, type Result } from '../lib/result.ts';
import { decodeUtf8, parseJson } from '../lib/text.ts';
import { decodeProtobuf } from '../wire/protobuf.ts';

export interface RawEvent {
  /** Its position in the request, for error messages: `event[3]`, `line 4`, or nothing. */
  readonly where: string;
  /** The members of a JSON event (`event/event.ts`), or the attributes of a CloudEvent. */
  readonly body: unknown;
  readonly isCloudEvent: boolean;
}

export function rawEvent(where: string, body: unknown): RawEvent {
  return { where, body, isCloudEvent: isJsonObject(body) && Object.hasOwn(body, 'specversion') };
}

/** @param json one event, or a list of them */
export function rawEventsIn(json: unknown): RawEvent[] {
  return Array.isArray(json)
    ? json.map((element, index) => rawEvent(`event[${index}]`, element))
    : [rawEvent('', json)];
}

/** `application/json` */
export function readJson(body: Uint8Array): Result<RawEvent[]> {
  const text = decodeUtf8(body);
  if (!text.ok) return text;
  // `vault write -force` sends null, and some clients send no body: the URL then says everything about the event.
  if (text.value.trim() === '') return ok([rawEvent('', {})]);
  const json = parseJson(text.value);
  return json.ok ? ok(rawEventsIn(json.value ?? {})) : json;
}

/** `application/x-ndjson`: one event a line. */
export function readNdjson(body: Uint8Array): Result<RawEvent[]> {
  const text = decodeUtf8(body);
  if (!text.ok) return text;
  const events: RawEvent[] = [];
  for (const [index, line] of text.value.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `line ${index + 1}`;
    const json = parseJson(line);
    if (!json.ok) return failureIn(where, json.failure);
    events.push(rawEvent(where, json.value));
  }
  return ok(events);
}

/** `application/x-protobuf`: one `EventReceived`, as a binary subscription sends it. */
export function readProtobuf(body: Uint8Array): Result<RawEvent[]> {
  try {
    return ok([{ where: '', body: decodeProtobuf(body), isCloudEvent: false }]);
  } catch (error) {
    return invalid(`not a protobuf EventReceived: ${(error as Error).message}`);
  }
}
