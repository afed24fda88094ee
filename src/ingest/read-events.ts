/**
 * Reads the events of a publish request: chooses the reader by content type, checks every event, and rejects the
 * request if one of them is wrong.
 *
 * Pure: ids, the time and the defaults are parameters.
 */
import { checkEvent, type Event, type EventDefaults } from '../event/event.ts';
import { isJsonObject } from '../lib/json.ts';
import { quote } from '../lib/quote.ts';
import {
  failureIn,
  invalid,
  ok,
  type Result,
  tooLarge,
  unsupportedMediaType,
} from '../lib/result.ts';
import { encodeWithinLimit } from '../wire/frame.ts';
import { MAX_PUBLISH_EVENTS } from '../wire/limits.ts';
import { isBinaryMode, readBinaryMode } from './cloudevents/binary-mode.ts';
import { jsonEventOf } from './cloudevents/json-event.ts';
import { readBatchedMode, readStructuredMode } from './cloudevents/structured-mode.ts';
import { checkAscii, isUtf8OrAscii, parseContentType } from './content-type.ts';
import { type RawEvent, readJson, readNdjson, readProtobuf } from './raw-event.ts';

export const ACCEPTED_MEDIA_TYPES = [
  'application/json',
  'application/x-ndjson',
  'application/x-protobuf',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
] as const;

/** An event that passed every check, and its JSON frame. */
export interface CheckedEvent {
  readonly event: Event;
  readonly json: string;
  /** Its position in the request, for error messages; empty if it is the only one. */
  readonly where: string;
  /** What the producer sent, without defaults. The parameters of a policy are compared with it. */
  readonly sent: Readonly<Record<string, unknown>>;
  /** By what it is recognised beside its id, if not by its publisher, type and source. */
  readonly identity?: string;
}

/** Reads all events of one publish request. */
export function readEvents(
  headers: Headers,
  body: Uint8Array,
  defaults: EventDefaults,
): Result<CheckedEvent[]> {
  const raw = readRawEvents(headers, body);
  if (!raw.ok) return raw;
  if (raw.value.length === 0 && !isBatch(headers)) return invalid('the request has no events');
  if (raw.value.length > MAX_PUBLISH_EVENTS) {
    return tooLarge(
      `the request has ${raw.value.length} events, at most ${MAX_PUBLISH_EVENTS} are allowed`,
    );
  }

  const events: CheckedEvent[] = [];
  for (const each of raw.value) {
    const event = readEvent(each, defaults);
    if (!event.ok) return failureIn(each.where, event.failure);
    events.push(event.value);
  }
  return ok(events);
}

/** CloudEvents allow an empty batch. */
function isBatch(headers: Headers): boolean {
  const { mediaType } = parseContentType(headers.get('content-type') ?? '');
  return mediaType === 'application/cloudevents-batch+json';
}

/** Checks one event and encodes it. */
export function readEvent(raw: RawEvent, defaults: EventDefaults): Result<CheckedEvent> {
  const body = raw.isCloudEvent
    ? jsonEventOf(raw.body, defaults.eventType !== undefined)
    : ok(raw.body);
  if (!body.ok) return body;
  const event = checkEvent(body.value, defaults);
  if (!event.ok) return event;
  const json = encodeWithinLimit(event.value);
  return json.ok
    ? ok({
        event: event.value,
        json: json.value,
        where: raw.where,
        sent: isJsonObject(body.value) ? body.value : {},
      })
    : json;
}

function readRawEvents(headers: Headers, body: Uint8Array): Result<RawEvent[]> {
  const contentType = contentTypeOf(headers, body);
  const { mediaType, charset } = parseContentType(contentType ?? '');
  // With a content type that begins so, `ce-` headers do not mean binary mode (CloudEvents HTTP binding, section 3).
  if (isBinaryMode(headers) && !mediaType.startsWith('application/cloudevents')) {
    return readBinaryMode(headers, contentType, body);
  }
  if (!isUtf8OrAscii(charset)) {
    return unsupportedMediaType(
      `charset ${quote(charset)} is not supported, only utf-8 and us-ascii are`,
    );
  }
  const ascii = checkAscii(charset, body);
  if (!ascii.ok) return ascii;
  switch (mediaType) {
    case 'application/json':
    // Vault's Go client sends JSON without a content type.
    case '':
      return readJson(body);
    case 'application/x-ndjson':
      return readNdjson(body);
    case 'application/x-protobuf':
      return readProtobuf(body);
    case 'application/cloudevents+json':
      return readStructuredMode(body);
    case 'application/cloudevents-batch+json':
      return readBatchedMode(body);
  }
  return unsupportedMediaType(
    `content type ${quote(mediaType)} is not supported; send one of ${ACCEPTED_MEDIA_TYPES.join(', ')}`,
  );
}

/**
 * The content type of the body. `curl -d` calls every body a form, and `fetch` calls every string plain text. Vault
 * looks at the body before it believes them, and so does Carillon. In binary mode plain text is data.
 */
function contentTypeOf(headers: Headers, body: Uint8Array): string | null {
  const contentType = headers.get('content-type')?.trim() ?? null;
  const lowerCase = contentType?.toLowerCase() ?? '';
  const isUncertain =
    lowerCase.startsWith('application/x-www-form-urlencoded') ||
    (lowerCase.startsWith('text/plain') && !isBinaryMode(headers));
  return isUncertain && looksLikeJson(body) ? 'application/json' : contentType;
}

/** Whether the body is empty or begins as an object or a list. */
function looksLikeJson(body: Uint8Array): boolean {
  const first = body.find((byte) => !' \t\r\n'.includes(String.fromCharCode(byte)));
  return first === undefined || first === 0x7b || first === 0x5b;
}
