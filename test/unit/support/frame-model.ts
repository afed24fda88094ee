/** The JSON frame of an event, written member by member: slow, and short enough to be seen to be right. */
import { type Event, PLUGIN_INFO_KEYS } from '../../../src/event/event.ts';
import type { JsonValue } from '../../../src/lib/json.ts';

export function frameOf(event: Event): string {
  const { id, source, time, event_type, namespace, metadata, entity_ids, note } = event;
  const carried: [string, JsonValue][] = [['id', id]];
  if (metadata !== undefined) carried.push(['metadata', metadata]);
  if (entity_ids.length > 0) carried.push(['entity_ids', [...entity_ids]]);
  if (note !== '') carried.push(['note', note]);
  const info = PLUGIN_INFO_KEYS.flatMap((key) => {
    const value = event.plugin_info?.[key];
    return value ? [[key, value] as const] : [];
  });
  const received =
    `{"event":${members(carried)}` +
    (namespace === '' ? '' : `,"namespace":${json(namespace)}`) +
    `,"event_type":${json(event_type)}` +
    (event.plugin_info === undefined ? '' : `,"plugin_info":${members(info)}`);
  return (
    `{"id":${json(id)},"source":${json(source)},"specversion":"1.0","type":"*","data":${received}},` +
    `"datacontenttype":"application/json","datacontentype":"application/cloudevents","time":${json(time)}}\n`
  );
}

function json(value: JsonValue): string {
  if (typeof value === 'string') return escaped(value);
  if (typeof value !== 'object' || value === null) {
    return Object.is(value, -0) ? '-0' : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  const utf8 = new TextEncoder();
  const sorted = Object.entries(value).sort(([a], [b]) =>
    Buffer.compare(utf8.encode(a), utf8.encode(b)),
  );
  return members(sorted);
}

function members(entries: readonly (readonly [string, JsonValue])[]): string {
  return `{${entries.map(([key, value]) => `${escaped(key)}:${json(value)}`).join(',')}}`;
}

function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
