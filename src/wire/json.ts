/**
 * The JSON frame: one CloudEvents 1.0 object and a newline. Its bytes are those of Vault's Go encoder
 * (key order, sorted metadata, HTML-safe escapes), except for the two content-type keys.
 */
import { type Event, PLUGIN_INFO_KEYS, type PluginInfo } from '../event/event.ts';
import type { JsonObject, JsonValue } from '../lib/json.ts';

/**
 * Encodes an event as the text frame of a subscription.
 *
 * The content type has both spellings. CloudEvents and Vault's documentation define `datacontenttype`;
 * Vault sends `datacontentype`, and some clients decode that.
 */
export function encodeJson(event: Event): string {
  const json =
    `{"id":${JSON.stringify(event.id)},"source":${JSON.stringify(event.source)},"specversion":"1.0",` +
    `"type":"*","data":${receivedJson(event)},"datacontenttype":"application/json",` +
    `"datacontentype":"application/cloudevents","time":${JSON.stringify(event.time)}}\n`;
  return escapeHtml(json);
}

/** The `data` of a frame, which is an `EventReceived` in protobuf. */
function receivedJson(event: Event): string {
  let data = `{"id":${JSON.stringify(event.id)}`;
  if (event.metadata !== undefined) data += `,"metadata":${valueJson(event.metadata)}`;
  if (event.entity_ids.length > 0) data += `,"entity_ids":${JSON.stringify(event.entity_ids)}`;
  if (event.note !== '') data += `,"note":${JSON.stringify(event.note)}`;

  let received = `{"event":${data}}`;
  if (event.namespace !== '') received += `,"namespace":${JSON.stringify(event.namespace)}`;
  received += `,"event_type":${JSON.stringify(event.event_type)}`;
  if (event.plugin_info !== undefined) {
    received += `,"plugin_info":${pluginInfoJson(event.plugin_info)}`;
  }
  return `${received}}`;
}

function pluginInfoJson(info: PluginInfo): string {
  const members = PLUGIN_INFO_KEYS.filter((key) => info[key]).map(
    (key) => `"${key}":${JSON.stringify(info[key])}`,
  );
  return `{${members.join(',')}}`;
}

/** JSON with sorted keys. `JSON.stringify` of a sorted object would not do: JavaScript moves "10" before "a". */
function valueJson(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) {
    return Object.is(value, -0) ? '-0' : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(valueJson).join(',')}]`;
  const members = sortedKeys(value).map(
    (key) => `${JSON.stringify(key)}:${valueJson(value[key] ?? null)}`,
  );
  return `{${members.join(',')}}`;
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

/** JSON has these characters only inside strings, so the whole text can be escaped at once. */
function escapeHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => HTML_ESCAPES[character] ?? character);
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
