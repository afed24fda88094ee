/**
 * An event and the check that every one passes on its way in, whatever format it came in.
 *
 * Pure: no clock and no randomness that is not handed in.
 */

import { isJsonObject, type JsonObject, unknownKey, withoutNulls } from '../lib/json.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { parseNamespacePath, withSlash } from '../namespace/namespace.ts';
import { CATALOG } from './catalog.ts';
import { checkEventType } from './event-type.ts';
import { checkMetadata, checkPath } from './metadata.ts';
import { checkEventId } from './position-text.ts';
import { checkSource } from './source.ts';
import { formatTimestamp, readTimestamp } from './time.ts';

/** The members of `plugin_info`, in the order of the wire. */
export const PLUGIN_INFO_KEYS = [
  'mount_class',
  'mount_accessor',
  'mount_path',
  'plugin',
  'plugin_version',
  'version',
] as const;

export type PluginInfo = { readonly [key in (typeof PLUGIN_INFO_KEYS)[number]]?: string };

/** An accepted event. The names are those of the wire. */
export interface Event {
  /** Of two events with one id, publisher, namespace, type or source differ. */
  readonly id: string;
  /** RFC 3339, as the producer wrote it, unless Go's parser would refuse that. */
  readonly time: string;
  /** A URI reference (CloudEvents `source`). */
  readonly source: string;
  readonly event_type: string;
  /** Vault namespace with its trailing slash; empty for root. */
  readonly namespace: string;
  readonly metadata?: JsonObject;
  readonly entity_ids: readonly string[];
  readonly note: string;
  readonly plugin_info?: PluginInfo;
}

/** What the server adds to an event whose producer left it out. */
export interface EventDefaults {
  readonly newId: () => string;
  /** Unix time in milliseconds. */
  readonly now: number;
  readonly source: string;
  /** The name of this cluster, whose own sources nobody may claim; absent where nothing is published. */
  readonly cluster?: string;
  /** The path of the Vault namespace that the request is sent to. */
  readonly namespace: string;
  /** The event type of the request's URL. */
  readonly eventType?: string;
  /** Whether an event of the catalog may lack keys of its metadata: where it is told by others, they may not know. */
  readonly mayLackMetadata?: boolean;
}

const EVENT_KEYS = [
  'id',
  'time',
  'source',
  'event_type',
  'namespace',
  'metadata',
  'entity_ids',
  'note',
  'plugin_info',
];

/**
 * Makes an event of what a producer sent: `{event_type, metadata, plugin_info, entity_ids, note, id,
 * time, source, namespace}`, of which only the event type is required, here or in the URL.
 */
export function checkEvent(body: unknown, defaults: EventDefaults): Result<Event> {
  if (!isJsonObject(body)) return invalid(`an event must be a JSON object, not ${kindOf(body)}`);
  const unknown = unknownKey(body, EVENT_KEYS);
  if (unknown !== undefined) {
    return invalid(`unknown key ${quote(unknown)}; an event has ${EVENT_KEYS.join(', ')}`);
  }
  const members = withoutNulls(body);
  const eventType = typeOf(members, defaults.eventType);
  if (!eventType.ok) return eventType;
  const namespace = namespaceOf(members.namespace, defaults.namespace);
  if (!namespace.ok) return namespace;
  const id = idOf(members.id, defaults.newId);
  if (!id.ok) return id;
  const source =
    members.source === undefined
      ? ok(defaults.source)
      : checkSource(members.source, defaults.cluster);
  if (!source.ok) return source;
  const time = timeOf(members.time, defaults.now);
  if (!time.ok) return time;
  const metadata = metadataOf(
    members.metadata,
    eventType.value,
    defaults.mayLackMetadata ? [] : (CATALOG.get(eventType.value)?.metadata ?? []),
  );
  if (!metadata.ok) return metadata;
  const entityIds = entityIdsOf(members.entity_ids);
  if (!entityIds.ok) return entityIds;
  const note = textOf('note', members.note);
  if (!note.ok) return note;
  const pluginInfo = pluginInfoOf(members.plugin_info);
  if (!pluginInfo.ok) return pluginInfo;

  return ok({
    id: id.value,
    time: time.value,
    source: source.value,
    event_type: eventType.value,
    namespace: namespace.value,
    ...(metadata.value && { metadata: metadata.value }),
    entity_ids: entityIds.value,
    note: note.value,
    ...(pluginInfo.value && { plugin_info: pluginInfo.value }),
  });
}

function typeOf(body: Record<string, unknown>, fromUrl: string | undefined): Result<string> {
  const inBody = body.event_type;
  if (inBody === undefined) {
    return fromUrl === undefined
      ? invalid('the event has no event_type, and the URL names none either')
      : ok(fromUrl);
  }
  if (typeof inBody !== 'string')
    return invalid(`event_type must be a string, not ${kindOf(inBody)}`);
  if (fromUrl !== undefined && inBody !== fromUrl) {
    return invalid(`event_type is ${quote(inBody)}, but the URL says ${quote(fromUrl)}`);
  }
  return checkEventType(inBody);
}

/** Absolute, as frames carry it. An empty one says no more than none, as in protobuf. */
function namespaceOf(value: unknown, ofRequest: string): Result<string> {
  if (value === undefined || value === '') return ok(withSlash(ofRequest));
  if (typeof value !== 'string') return invalid(`namespace must be a string, not ${kindOf(value)}`);
  const path = parseNamespacePath(value);
  return path === undefined
    ? invalid(`no namespace can have the path ${quote(value)}`)
    : ok(withSlash(path));
}

function idOf(value: unknown, newId: () => string): Result<string> {
  if (value === undefined) return ok(newId());
  if (typeof value !== 'string') return invalid(`id must be a string, not ${kindOf(value)}`);
  return checkEventId(value);
}

function timeOf(value: unknown, now: number): Result<string> {
  if (value === undefined) return ok(formatTimestamp(now));
  if (typeof value !== 'string') return invalid(`time must be a string, not ${kindOf(value)}`);
  const time = readTimestamp(value);
  return time === undefined
    ? invalid(`time ${quote(value)} is not an RFC 3339 timestamp such as "2026-01-31T23:59:59Z"`)
    : ok(time);
}

function metadataOf(
  value: unknown,
  eventType: string,
  required: readonly string[],
): Result<JsonObject | undefined> {
  if (value === undefined) {
    return required.length === 0
      ? ok(undefined)
      : invalid(`${eventType} carries metadata ${required.join(', ')}; the event has none`);
  }
  const metadata = checkMetadata(value);
  if (!metadata.ok) return metadata;
  const missing = required.filter((key) => !Object.hasOwn(metadata.value, key));
  if (missing.length > 0) {
    return invalid(
      `metadata lacks ${missing.map(quote).join(', ')}, which every ${eventType} event carries`,
    );
  }
  if (Object.hasOwn(metadata.value, 'path')) {
    const path = checkPath(metadata.value.path ?? null);
    if (!path.ok) return path;
  }
  return metadata;
}

function entityIdsOf(value: unknown): Result<readonly string[]> {
  if (value === undefined) return ok([]);
  if (!Array.isArray(value))
    return invalid(`entity_ids must be a list of strings, not ${kindOf(value)}`);
  for (const [index, entityId] of value.entries()) {
    const checked = textOf(`entity_ids[${index}]`, entityId);
    if (!checked.ok) return checked;
  }
  return ok(value as string[]);
}

function pluginInfoOf(value: unknown): Result<PluginInfo | undefined> {
  if (value === undefined) return ok(undefined);
  if (!isJsonObject(value))
    return invalid(`plugin_info must be a JSON object, not ${kindOf(value)}`);
  const info = withoutNulls(value);
  const unknown = unknownKey(info, PLUGIN_INFO_KEYS);
  if (unknown !== undefined) {
    return invalid(
      `unknown key ${quote(unknown)} in plugin_info; it has ${PLUGIN_INFO_KEYS.join(', ')}`,
    );
  }
  for (const [key, member] of Object.entries(info)) {
    const checked = textOf(`plugin_info.${key}`, member);
    if (!checked.ok) return checked;
  }
  return ok(info as PluginInfo);
}

function textOf(name: string, value: unknown): Result<string> {
  if (value === undefined) return ok('');
  if (typeof value !== 'string') return invalid(`${name} must be a string, not ${kindOf(value)}`);
  if (!value.isWellFormed()) return invalid(`${name} has an unpaired surrogate`);
  return ok(value);
}
