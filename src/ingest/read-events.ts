/**
 * Bytes and headers in, events out: picks the reader by content type, checks every event, and refuses
 * the request whole where one of them is wrong.
 *
 * Pure: ids, the clock and the defaults are handed in.
 */
import { checkEvent, type Event, type EventDefaults } from '../event/event.ts';
import { isJsonObject } from '../lib/json.ts';
import { quote } from '../lib/quote.ts';
import { at, invalid, ok, type Result, tooLarge, unsupportedMediaType } from '../lib/result.ts';
import { encodeWithinLimit } from '../wire/frame.ts';
import { MAX_PUBLISH_EVENTS } from '../wire/limits.ts';
import { charsetOf } from './charset.ts';
import {
  eventOfCloudEvent,
  isBinaryMode,
  readBatchedMode,
  readBinaryMode,
  readStructuredMode,
} from './cloudevents.ts';
import type { Draft } from './draft.ts';
import { readJson, readNdjson } from './json.ts';
import { readProtobuf } from './protobuf.ts';

export const ACCEPTED_MEDIA_TYPES = [
  'application/json',
  'application/x-ndjson',
  'application/x-protobuf',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
] as const;

/** An event that may be published, and its JSON frame. */
export interface ReadEvent {
  readonly event: Event;
  readonly json: string;
  /** Where it stands in the request, for error messages; empty where it is the only one. */
  readonly where: string;
  /** What the producer sent, before anything was added: what a policy's parameters are compared with. */
  readonly sent: Readonly<Record<string, unknown>>;
}

/** Reads all events of one publish request. */
export function readEvents(
  headers: Headers,
  body: Uint8Array,
  defaults: EventDefaults,
): Result<ReadEvent[]> {
  const drafts = readDrafts(headers, body);
  if (!drafts.ok) return drafts;
  if (drafts.value.length === 0 && !isBatch(headers)) return invalid('the request has no events');
  if (drafts.value.length > MAX_PUBLISH_EVENTS) {
    return tooLarge(
      `the request has ${drafts.value.length} events, at most ${MAX_PUBLISH_EVENTS} are allowed`,
    );
  }

  const events: ReadEvent[] = [];
  for (const draft of drafts.value) {
    const event = readEvent(draft, defaults);
    if (!event.ok) return at(draft.where, event.failure);
    events.push(event.value);
  }
  return ok(events);
}

/** CloudEvents allow a batch of none. */
function isBatch(headers: Headers): boolean {
  return /^\s*application\/cloudevents-batch\+json\s*(?:;|$)/i.test(
    headers.get('content-type') ?? '',
  );
}

/** Checks one event and encodes it. */
export function readEvent(draft: Draft, defaults: EventDefaults): Result<ReadEvent> {
  const body = draft.isCloudEvent
    ? eventOfCloudEvent(draft.body, defaults.eventType !== undefined)
    : ok(draft.body);
  if (!body.ok) return body;
  const event = checkEvent(body.value, defaults);
  if (!event.ok) return event;
  const json = encodeWithinLimit(event.value);
  return json.ok
    ? ok({
        event: event.value,
        json: json.value,
        where: draft.where,
        sent: isJsonObject(body.value) ? body.value : {},
      })
    : json;
}

function readDrafts(headers: Headers, body: Uint8Array): Result<Draft[]> {
  const contentType = contentTypeOf(headers, body);
  const [mediaType = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  // A type that begins so is never binary mode (CloudEvents HTTP binding, section 3).
  if (isBinaryMode(headers) && !mediaType.startsWith('application/cloudevents')) {
    return readBinaryMode(headers, contentType, body);
  }
  const charset = charsetOf(parameters);
  if (charset !== 'utf-8') {
    return unsupportedMediaType(`charset ${quote(charset)} is not supported, only utf-8 is`);
  }

  switch (mediaType) {
    case 'application/cloudevents+json':
      return readStructuredMode(body);
    case 'application/cloudevents-batch+json':
      return readBatchedMode(body);
  }
  switch (mediaType) {
    case 'application/json':
    // Vault's Go client sends JSON without a content type.
    case '':
      return readJson(body);
    case 'application/x-ndjson':
      return readNdjson(body);
    case 'application/x-protobuf':
      return readProtobuf(body);
  }
  return unsupportedMediaType(
    `content type ${quote(mediaType)} is not supported; send one of ${ACCEPTED_MEDIA_TYPES.join(', ')}`,
  );
}

/**
 * The content type that the body has. `curl -d` says of everything that it is a form, and `fetch` of a text
 * that it is plain; Vault looks at the body before it believes that, and so do we. A CloudEvent in
 * binary mode may have plain text for its data.
 */
function contentTypeOf(headers: Headers, body: Uint8Array): string | null {
  const contentType = headers.get('content-type')?.trim() ?? null;
  const said = contentType?.toLowerCase() ?? '';
  const isDoubtful =
    said.startsWith('application/x-www-form-urlencoded') ||
    (said.startsWith('text/plain') && !isBinaryMode(headers));
  return isDoubtful && looksLikeJson(body) ? 'application/json' : contentType;
}

/** Whether the body is empty or begins as an object or a list. */
function looksLikeJson(body: Uint8Array): boolean {
  const first = body.find((byte) => !' \t\r\n'.includes(String.fromCharCode(byte)));
  return first === undefined || first === 0x7b || first === 0x5b;
}
