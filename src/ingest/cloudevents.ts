/**
 * CloudEvents 1.0 in the three content modes of its HTTP binding.
 *
 * The `cloudevents` package validates every event. Its `HTTP.toEvent` is not used, because it moves a
 * time to UTC milliseconds (a frame must come out as it went in), takes an invalid time for now, makes
 * up a missing id, and cannot say which event of a batch is wrong.
 */
import { Buffer } from 'node:buffer';
import { CloudEvent, ValidationError } from 'cloudevents';
import { legalEventType } from '../event/event-type.ts';
import { checkPath } from '../event/metadata.ts';
import { readTimestamp } from '../event/time.ts';
import { isJsonObject, type JsonValue, unknownKey, withoutNulls } from '../lib/json.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { decodeUtf8, isBase64, parseJson } from '../lib/text.ts';
import { charsetOf, UTF_8 } from './charset.ts';
import type { Draft } from './draft.ts';

const HEADER_PREFIX = 'ce-';

/** Whether the headers are those of a CloudEvent in binary content mode. */
export function isBinaryMode(headers: Headers): boolean {
  return [...headers.keys()].some((name) => name.startsWith(HEADER_PREFIX));
}

/** Binary content mode: attributes in `ce-` headers, the body is the data. */
export function readBinaryMode(
  headers: Headers,
  contentType: string | null,
  body: Uint8Array,
): Result<Draft[]> {
  const attributes: [string, unknown][] = [];
  for (const [header, value] of headers) {
    if (!header.startsWith(HEADER_PREFIX)) continue;
    const name = header.slice(HEADER_PREFIX.length);
    if (name === 'data' || name === 'data_base64') {
      return invalid(`${header} is no attribute: in binary mode the body is the data`);
    }
    // The platform reads headers as UTF-8 and puts this in the place of what is none.
    if (value.includes('\ufffd'))
      return invalid(`the header ${header} has bytes that are no UTF-8`);
    const decoded = decodeHeader(value);
    if (decoded === undefined)
      return invalid(`the header ${header} decodes to bytes that are no UTF-8`);
    attributes.push([name, isUri(name) && !isAscii(decoded) ? value : decoded]);
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
 * A URI has escapes of its own. SDKs that do not escape the `%` of those again, as the binding demands, are
 * known by what the second decoding would make of it: nothing that a URI can have.
 */
function isUri(name: string): boolean {
  return name === 'source' || name === 'dataschema';
}

function isAscii(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}

/** JSON as what it says, text as text, and whatever is neither as its bytes. */
function dataOf(contentType: string | null, body: Uint8Array): Result<[string, unknown]> {
  const charset = charsetOf((contentType ?? '').toLowerCase().split(/\s*;\s*/));
  const text = UTF_8.has(charset) ? decodeUtf8(body) : undefined;
  if (text?.ok && isJson(contentType)) {
    const data = parseJson(text.value);
    if (data.ok) return ok(['data', data.value]);
    // Only a content type says that the data is JSON.
    if (contentType !== null) return data;
  }
  if (contentType !== null && isJson(contentType) && text?.ok === false) return text;
  return ok(
    text?.ok ? ['data', text.value] : ['data_base64', Buffer.from(body).toString('base64')],
  );
}

/** Structured content mode: `application/cloudevents+json`. */
export function readStructuredMode(body: Uint8Array): Result<Draft[]> {
  const json = readBody(body);
  return json.ok ? ok([{ where: '', body: json.value, isCloudEvent: true }]) : json;
}

/** Batched content mode: `application/cloudevents-batch+json`. */
export function readBatchedMode(body: Uint8Array): Result<Draft[]> {
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

/**
 * Reads a CloudEvent's attributes as the members of a JSON event.
 *
 * Where the data is Vault's (`data.event`, `data.event_type`), the event is what the frame carried.
 * Any other becomes: event type from the URL, else the `type` made legal; `subject` as metadata
 * `path` if it can be one, else as `subject`; the data's members as metadata, or under `data` if it is no
 * object or has a `path` that can be none; extension attributes, `dataschema` and a `datacontenttype` that
 * is not JSON as metadata too, and `type` if the event type is another. A member of the data is never overwritten.
 */
export function eventOfCloudEvent(cloudEvent: unknown, typeInUrl: boolean): Result<unknown> {
  const attributes = checkCloudEvent(cloudEvent);
  if (!attributes.ok) return attributes;
  const { id, source, time, type, data } = attributes.value;
  const own = { id, source, ...(time !== undefined && { time }) };

  if (isVaultShaped(data)) {
    const { event, ...received } = data;
    const problem = problemOfFrame(event, received, id);
    if (problem === undefined) return ok({ ...event, ...received, ...own });
    // Other events may happen to have such members; the type is what frames have.
    if (type === FRAME_TYPE) return invalid(problem);
  }

  const legal = legalEventType(String(type));
  const eventType = typeInUrl ? {} : { event_type: legal ?? OTHER_EVENT_TYPE };
  const metadata = metadataOf(attributes.value, typeInUrl || legal !== type);
  return ok({ ...own, ...eventType, metadata });
}

/** The `type` of every frame. */
const FRAME_TYPE = '*';

/** The event type of a CloudEvent none of whose `type` can stand in one. */
const OTHER_EVENT_TYPE = 'cloudevents/other';

function problemOfFrame(event: Attributes, received: Attributes, id: unknown): string | undefined {
  for (const [name, object, known] of [
    ['data', received, RECEIVED_KEYS],
    ['data.event', event, EVENT_DATA_KEYS],
  ] as const) {
    const unknown = unknownKey(object, known);
    if (unknown !== undefined) {
      return `unknown key ${quote(unknown)} in ${name}; it has ${known.join(', ')}`;
    }
  }
  return event.id === undefined || event.id === null || event.id === id
    ? undefined
    : `id is ${quote(id)}, but data.event.id is ${quote(event.id)}`;
}

export type Attributes = Record<string, unknown>;

/** Checks the attributes of a CloudEvent. */
export function checkCloudEvent(cloudEvent: unknown): Result<Attributes> {
  if (!isJsonObject(cloudEvent)) {
    return invalid(`a CloudEvent must be a JSON object, not ${kindOf(cloudEvent)}`);
  }
  // In the JSON format an attribute that is null is one that is not there (section 2.2).
  const attributes = withoutNulls(cloudEvent);
  const { specversion, id, data, data_base64 } = attributes;
  if (specversion === undefined) return invalid('the CloudEvent has no specversion');
  if (specversion !== '1.0') {
    return invalid(`CloudEvents specversion ${quote(specversion)} is not supported, only "1.0" is`);
  }
  // The package would make up an id and a time.
  if (id === undefined || id === '') return invalid('the CloudEvent has no id');
  if (typeof id !== 'string') return invalid(`id must be a string, not ${kindOf(id)}`);
  if (typeof attributes.time === 'string') {
    attributes.time = readTimestamp(attributes.time) ?? attributes.time;
  }
  if (data_base64 !== undefined) {
    if (data !== undefined) return invalid('the CloudEvent has both data and data_base64');
    if (typeof data_base64 !== 'string' || !isBase64(data_base64)) {
      return invalid('data_base64 is not Base64');
    }
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (CONTEXT.has(name) || name === 'dataschema') continue;
    if (!/^[a-z0-9]+$/.test(name)) {
      return invalid(
        `the name of attribute ${quote(name)} may only have lower-case letters and digits`,
      );
    }
    if (!isExtensionValue(value)) {
      return invalid(
        `extension attribute ${quote(name)} must be a string, a boolean or an integer, not ${kindOf(value)}`,
      );
    }
  }
  try {
    // Not by the strict constructor: an extension with the name of a method would stand in its way.
    CloudEvent.prototype.validate.call(new CloudEvent(attributes, false));
    return ok(attributes);
  } catch (error) {
    if (error instanceof TypeError) {
      return invalid(`not a CloudEvent: ${reasonOf(error, attributes)}`);
    }
    throw error;
  }
}

/** The types of CloudEvents that JSON and headers can hold (section 3 of its core). */
function isExtensionValue(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isInteger(value);
}

/** The package repeats what it refuses. */
const MAX_REASON_CHARACTERS = 120;

function reasonOf(error: TypeError, attributes: Attributes): string {
  const problem = error instanceof ValidationError ? error.errors?.[0] : undefined;
  if (typeof problem === 'object' && problem !== null && 'instancePath' in problem) {
    const name = problem.instancePath.replace(/^\//, '');
    const value = attributes[name];
    const shown = typeof value === 'string' && value !== '' ? ` ${quote(value)}` : '';
    return `${name}${shown} ${problem.message}`.trim();
  }
  return error.message.slice(0, MAX_REASON_CHARACTERS).split('\n')[0] ?? '';
}

/** What stands in the data of a frame, and in the event in it. */
const RECEIVED_KEYS = ['namespace', 'event_type', 'plugin_info'];
const EVENT_DATA_KEYS = ['id', 'metadata', 'entity_ids', 'note'];

function isVaultShaped(data: unknown): data is Record<string, unknown> & { event: Attributes } {
  return isJsonObject(data) && isJsonObject(data.event) && Object.hasOwn(data, 'event_type');
}

/** Context attributes that have their own place in an event, or describe the encoding of the data. */
const CONTEXT = new Set([
  'id',
  'source',
  'specversion',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'data',
  'data_base64',
]);

/** @param withType whether the event type does not say what `type` does */
function metadataOf(attributes: Attributes, withType: boolean): Record<string, unknown> {
  const { data, data_base64, subject, type } = attributes;
  const members: [string, unknown][] = [];
  if (withType) members.push(['type', type]);
  for (const [name, value] of otherAttributes(attributes)) {
    members.push([name === 'path' && !canBePath(value) ? 'ce_path' : name, value]);
  }
  if (subject !== undefined) members.push([canBePath(subject) ? 'path' : 'subject', subject]);
  if (data_base64 !== undefined) members.push(['data_base64', data_base64]);
  if (isJsonObject(data) && (!Object.hasOwn(data, 'path') || canBePath(data.path))) {
    members.push(...Object.entries(data));
  } else if (data !== undefined) members.push(['data', data]);
  return Object.fromEntries(members);
}

/** Those that have no place of their own in an event. Data that is no JSON needs its content type. */
export function otherAttributes(attributes: Attributes): [name: string, value: unknown][] {
  const { datacontenttype: type } = attributes;
  const others = Object.entries(attributes).filter(([name]) => !CONTEXT.has(name));
  return typeof type === 'string' && !isJson(type)
    ? [...others, ['datacontenttype', type]]
    : others;
}

function canBePath(value: unknown): boolean {
  return checkPath(value as JsonValue).ok;
}

function isJson(contentType: string | null): boolean {
  if (contentType === null) return true;
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return (
    mediaType === 'application/json' || mediaType === 'text/json' || mediaType.endsWith('+json')
  );
}

/**
 * The value of an attribute in a header: unquoted, then percent-decoded (CloudEvents HTTP binding,
 * section 3.1.3.2). Undefined where the bytes are no UTF-8.
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
