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
import { isJsonObject, unknownKey, withoutNulls } from '../event/json.ts';
import { kindOf, quote } from '../event/quote.ts';
import { invalid, ok, type Result } from '../result.ts';
import type { Draft } from './draft.ts';
import { decodeUtf8, isBase64, parseJson } from './text.ts';

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
    const decoded = decodeHeader(value);
    if (decoded === undefined)
      return invalid(`the header ${header} decodes to bytes that are no UTF-8`);
    attributes.push([name, decoded]);
  }
  if (contentType !== null) attributes.push(['datacontenttype', contentType]);
  if (body.length > 0) {
    const text = decodeUtf8(body);
    if (isJson(contentType)) {
      const data = text.ok ? parseJson(text.value) : text;
      if (!data.ok) return data;
      attributes.push(['data', data.value]);
    } else if (text.ok) {
      attributes.push(['data', text.value]);
    } else {
      attributes.push(['data_base64', Buffer.from(body).toString('base64')]);
    }
  }
  return ok([{ where: '', body: Object.fromEntries(attributes), isCloudEvent: true }]);
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
 * `path`; the data's members as metadata, or under `data` where it is no object; `dataschema` and
 * extension attributes as metadata too. A member of the data is never overwritten.
 */
export function eventOfCloudEvent(cloudEvent: unknown, typeInUrl: boolean): Result<unknown> {
  const attributes = checkCloudEvent(cloudEvent);
  if (!attributes.ok) return attributes;
  const { id, source, time, type, data } = attributes.value;
  const own = { id, source, ...(time !== undefined && { time }) };

  if (isVaultShaped(data)) {
    const { event, ...received } = data;
    for (const [name, object, known] of [
      ['data', received, RECEIVED_KEYS],
      ['data.event', event, EVENT_DATA_KEYS],
    ] as const) {
      const unknown = unknownKey(object, known);
      if (unknown !== undefined) {
        return invalid(`unknown key ${quote(unknown)} in ${name}; it has ${known.join(', ')}`);
      }
    }
    if (event.id !== undefined && event.id !== null && event.id !== id) {
      return invalid(`id is ${quote(id)}, but data.event.id is ${quote(event.id)}`);
    }
    return ok({ ...event, ...received, ...own });
  }

  const metadata = metadataOf(attributes.value);
  if (typeInUrl) return ok({ ...own, metadata });
  const eventType = legalEventType(String(type));
  if (eventType === undefined) return invalid(`no event type can be made of type ${quote(type)}`);
  return ok({ ...own, event_type: eventType, metadata });
}

type Attributes = Record<string, unknown>;

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
  if (typeof id !== 'string' || id === '') return invalid('the CloudEvent has no id');
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
    if (error instanceof TypeError) return invalid(`not a CloudEvent: ${reasonOf(error)}`);
    throw error;
  }
}

/** The types of CloudEvents that JSON and headers can hold (section 3 of its core). */
function isExtensionValue(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isInteger(value);
}

/** The package repeats what it refuses. */
const MAX_REASON_CHARACTERS = 120;

function reasonOf(error: TypeError): string {
  const problem = error instanceof ValidationError ? error.errors?.[0] : undefined;
  if (typeof problem === 'object' && problem !== null && 'instancePath' in problem) {
    return `${problem.instancePath.replace(/^\//, '')} ${problem.message}`.trim();
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

function metadataOf(attributes: Attributes): Record<string, unknown> {
  const { data, data_base64, subject } = attributes;
  const members = Object.entries(attributes).filter(([name]) => !CONTEXT.has(name));
  if (subject !== undefined) members.push(['path', subject]);
  if (data_base64 !== undefined) members.push(['data_base64', data_base64]);
  if (!isJsonObject(data) && data !== undefined) members.push(['data', data]);
  const ofData = isJsonObject(data) ? Object.entries(data) : [];
  return Object.fromEntries(members.concat(ofData));
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
