/**
 * The JSON frame: one CloudEvents 1.0 object and a newline. Its bytes are those of Vault's Go encoder
 * (key order, sorted metadata, HTML-safe escapes), except for the two content-type keys.
 */
import { type Event, PLUGIN_INFO_KEYS, type PluginInfo } from '../event/event.ts';
import type { JsonObject, JsonValue } from '../lib/json.ts';
import { MAX_SUBJECT_CHARACTERS } from './limits.ts';

/**
 * Encodes an event as the text frame of a subscription.
 *
 * The content type has both spellings. CloudEvents and Vault's documentation define `datacontenttype`;
 * Vault sends `datacontentype`, and some clients decode that.
 */
export function encodeJson(event: Event): string {
  const id = textJson(event.id);
  return (
    `{"id":${id},"source":${textJson(event.source)},"specversion":"1.0",` +
    `"type":"*","data":${receivedJson(event, id)},"datacontenttype":"application/json",` +
    `"datacontentype":"application/cloudevents","time":${textJson(event.time)}}\n`
  );
}

/**
 * Encodes an event as the CloudEvent that routers and filters expect: its type is that of the event, and its subject the path.
 * A reader that knows Vault's events finds all of the event in its data.
 */
export function encodeCloudEvent(event: Event): string {
  const subject = subjectOf(event);
  return (
    `{"specversion":"1.0","id":${textJson(event.id)},"source":${textJson(event.source)},` +
    `"type":${textJson(event.event_type)},${subject && `"subject":${textJson(subject)},`}` +
    `"time":${textJson(event.time)},"datacontenttype":"application/json","data":${encodeData(event)}}`
  );
}

/** The data of that CloudEvent. */
export function encodeData(event: Event): string {
  return receivedJson(event, textJson(event.id));
}

/** The path of an event; empty if it has none, or one that is too long for a header. */
export function subjectOf({ metadata }: Event): string {
  const path = metadata?.path;
  return typeof path === 'string' && path.length <= MAX_SUBJECT_CHARACTERS ? path : '';
}

/** The `data` of a frame, which is an `EventReceived` in protobuf. */
function receivedJson(event: Event, id: string): string {
  let data = `{"id":${id}`;
  if (event.metadata !== undefined) {
    data += `,"metadata":${escapeHtml(objectJson(event.metadata))}`;
  }
  if (event.entity_ids.length > 0) {
    data += `,"entity_ids":${escapeHtml(JSON.stringify(event.entity_ids))}`;
  }
  if (event.note !== '') data += `,"note":${textJson(event.note)}`;

  let received = `{"event":${data}}`;
  if (event.namespace !== '') received += `,"namespace":${textJson(event.namespace)}`;
  received += `,"event_type":${textJson(event.event_type)}`;
  if (event.plugin_info !== undefined) {
    received += `,"plugin_info":${pluginInfoJson(event.plugin_info)}`;
  }
  return `${received}}`;
}

function pluginInfoJson(info: PluginInfo): string {
  const members = PLUGIN_INFO_KEYS.filter((key) => info[key]).map(
    (key) => `"${key}":${textJson(info[key] ?? '')}`,
  );
  return `{${members.join(',')}}`;
}

/** A text in which nothing is escaped. */
const PLAIN = /^[\w\-.:/@ ]*$/;

function textJson(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : escapeHtml(JSON.stringify(text));
}

/** JSON with sorted keys. */
function valueJson(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) {
    return Object.is(value, -0) ? '-0' : JSON.stringify(value);
  }
  return Array.isArray(value) ? `[${value.map(valueJson).join(',')}]` : objectJson(value);
}

function objectJson(object: JsonObject): string {
  const sorted = sortedFlat(object);
  if (sorted !== undefined) return JSON.stringify(sorted);
  const members = sortedKeys(object).map(
    (key) => `${JSON.stringify(key)}:${valueJson(object[key] ?? null)}`,
  );
  return `{${members.join(',')}}`;
}

/** A key that an object of JavaScript keeps where it was added: no number, and not the name of the prototype. */
const KEPT_IN_PLACE = /^[A-Za-z][\w-]*$/;

/**
 * An object without objects and lists in it, as most metadata is, with its keys sorted: `JSON.stringify` then writes all of
 * it at once.
 *
 * @returns undefined for any other object. JavaScript moves the key "10" before "a"
 */
function sortedFlat(object: JsonObject): JsonObject | undefined {
  const keys = Object.keys(object);
  if (!keys.every((key) => isScalar(object[key]))) return undefined;
  if (last === undefined || !isSame(keys, last.keys)) {
    const isFlat = keys.every((key) => KEPT_IN_PLACE.test(key));
    last = { keys, order: isFlat ? keys.toSorted() : undefined };
  }
  const { order } = last;
  if (order === undefined || isSame(keys, order)) return order && object;
  const sorted: JsonObject = {};
  for (const key of order) sorted[key] = object[key] ?? null;
  return sorted;
}

/**
 * The keys of the last flat metadata, and their order; undefined if some key is not kept in place. Events of a batch mostly
 * have the same keys.
 */
let last: { keys: readonly string[]; order: readonly string[] | undefined } | undefined;

/** Whether `JSON.stringify` writes the value as Go does. It writes -0 as 0. */
function isScalar(value: JsonValue | undefined): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return !Object.is(value, -0);
    default:
      return value === null;
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((each, index) => each === others[index]);
}

/** Keys in the order of their UTF-8 bytes, as in Go. The UTF-16 order differs from U+D800 on. */
function sortedKeys(object: JsonObject): string[] {
  const keys = Object.keys(object);
  return keys.some((key) => /[\ud800-\uffff]/.test(key)) ? keys.sort(byCodePoint) : keys.sort();
}

function byCodePoint(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON has these characters only inside strings, so a whole text can be escaped at once. */
function escapeHtml(json: string): string {
  return /[<>&\u2028\u2029]/.test(json)
    ? json.replace(/[<>&\u2028\u2029]/g, (character) => HTML_ESCAPES[character] ?? character)
    : json;
}

/** A parsed JSON frame. */
export interface FrameJson {
  id: string;
  source: string;
  time: string;
  data: {
    event: { id: string; metadata?: JsonObject; entity_ids?: string[]; note?: string };
    namespace?: string;
    event_type: string;
    plugin_info?: PluginInfo;
  };
}

/** Reads a frame that `encodeJson` wrote. */
export function decodeJson(frame: string): Event {
  return eventOfFrame(JSON.parse(frame) as FrameJson);
}

/** The event of a parsed frame. */
export function eventOfFrame({ id, source, time, data }: FrameJson): Event {
  return {
    id,
    source,
    time,
    event_type: data.event_type,
    namespace: data.namespace ?? '',
    ...(data.event.metadata && { metadata: data.event.metadata }),
    entity_ids: data.event.entity_ids ?? [],
    note: data.event.note ?? '',
    ...(data.plugin_info && { plugin_info: data.plugin_info }),
  };
}
