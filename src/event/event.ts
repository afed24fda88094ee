/**
 * An event, and the check that every event passes, whatever format it was published in. Pure: the caller passes the
 * clock and the source of ids.
 */

import { Fields } from '../lib/fields.ts';
import { isJsonObject, type JsonObject, unknownKey } from '../lib/json.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { parseNamespacePath, ROOT, withSlash } from '../namespace/namespace.ts';
import { CATALOG } from './catalog.ts';
import { checkEventSource } from './event-source.ts';
import { checkEventType } from './event-type.ts';
import { withHops } from './hops.ts';
import { checkMetadata, checkMetadataPath } from './metadata.ts';
import { checkEventId } from './position-text.ts';
import { whyReserved } from './reserved-type.ts';
import { formatTimestamp, normalizeTimestamp } from './time.ts';

/** The members of `plugin_info`, in the order of the wire format. */
export const PLUGIN_INFO_KEYS = [
  'mount_class',
  'mount_accessor',
  'mount_path',
  'plugin',
  'plugin_version',
  'version',
] as const;

/** The mount and the plugin that an event comes from, as Vault names them. */
export type PluginInfo = { readonly [key in (typeof PLUGIN_INFO_KEYS)[number]]?: string };

/** An accepted event. Its members have the names of the wire format. */
export interface Event {
  /** Unique among the events of one publisher, namespace, type and source. */
  readonly id: string;
  /** RFC 3339, as the publisher wrote it, or in the form that Go's parser accepts. */
  readonly time: string;
  /** A URI reference (CloudEvents `source`). */
  readonly source: string;
  readonly event_type: string;
  /** The Vault namespace with a trailing slash; empty for root. */
  readonly namespace: string;
  readonly metadata?: JsonObject;
  readonly entity_ids: readonly string[];
  readonly note: string;
  readonly plugin_info?: PluginInfo;
}

/** What the server adds to an event if the publisher left it out. */
export interface EventDefaults {
  readonly newId: () => string;
  /** Unix time in milliseconds. */
  readonly now: number;
  readonly source: string;
  /** The name of this cluster, whose own sources and types no publisher may use; absent if nothing is published. */
  readonly cluster?: string;
  /** The path of the Vault namespace of the request. */
  readonly namespace: string;
  /** The event type in the URL of the request. */
  readonly eventType?: string;
  /** How many destinations the events of the request have passed; 0 if absent. */
  readonly hops?: number;
  /** Whether a catalogued event may lack metadata: a source that reports on others may not know all of it. */
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

/** Keys of metadata, which people also write beside it. */
const METADATA_KEYS = new Set([...CATALOG.values()].flatMap(({ metadata }) => metadata));

/**
 * Makes an event of what a publisher sent: `{event_type, metadata, plugin_info, entity_ids, note, id, time, source,
 * namespace}`. Only the event type is required, in the body or in the URL.
 */
export function checkEvent(body: unknown, defaults: EventDefaults): Result<Event> {
  if (!isJsonObject(body)) return invalid(`an event must be a JSON object, not ${kindOf(body)}`);
  // A misspelt key is an error even if its value is null, which `Fields` takes for absent.
  const unknown = unknownKey(body, EVENT_KEYS);
  if (unknown !== undefined) {
    const keys = `an event has ${EVENT_KEYS.join(', ')}`;
    return METADATA_KEYS.has(unknown)
      ? invalid(
          `${quote(unknown)} belongs into the metadata: {"metadata": {${quote(unknown)}: …}}; ${keys}`,
        )
      : invalid(`unknown key ${quote(unknown)}; ${keys}`);
  }
  const fields = new Fields(body);
  const eventType = readEventType(fields, defaults.eventType);
  const reserved = defaults.cluster === undefined ? undefined : whyReserved(eventType);
  if (reserved !== undefined) fields.reject(`event_type is ${quote(eventType)}; ${reserved}`);
  const namespace = readNamespace(fields, defaults.namespace);
  const id = fields.string('id');
  const checkedId = id === undefined ? defaults.newId() : fields.take(checkEventId(id), '');
  const source = readSource(fields, defaults);
  const time = readTime(fields, defaults.now);
  const required = defaults.mayLackMetadata ? [] : (CATALOG.get(eventType)?.metadata ?? []);
  const carried = fields.take(checkCarried(fields.raw('metadata'), eventType, required), undefined);
  const metadata = withHops(carried, defaults.hops ?? 0);
  const entityIds = fields.take(checkEntityIds(fields.raw('entity_ids')), []);
  const note = fields.text('note', Number.POSITIVE_INFINITY);
  const pluginInfo = readPluginInfo(fields);

  return fields.result({
    id: checkedId,
    time,
    source,
    event_type: eventType,
    namespace,
    ...(metadata && { metadata }),
    entity_ids: entityIds,
    note,
    ...(pluginInfo && { plugin_info: pluginInfo }),
  });
}

function readEventType(fields: Fields, fromUrl: string | undefined): string {
  const written = fields.string('event_type');
  if (written === undefined) {
    if (fromUrl === undefined) {
      fields.reject(
        'the event has no event_type, and the URL names none either; name it in the URL: /v1/sys/events/publish/deploy/finished',
      );
    }
    return fromUrl ?? '';
  }
  if (fromUrl !== undefined && written !== fromUrl) {
    fields.reject(`event_type is ${quote(written)}, but the URL says ${quote(fromUrl)}`);
  }
  return fields.take(checkEventType(written), '');
}

/** An absolute path. An empty namespace is an absent one: protobuf cannot tell them apart. */
function readNamespace(fields: Fields, ofRequest: string): string {
  const written = fields.string('namespace');
  if (written === undefined || written === '') return withSlash(ofRequest);
  const path = parseNamespacePath(written);
  if (path === undefined) fields.reject(`no namespace can have the path ${quote(written)}`);
  return withSlash(path ?? ROOT);
}

function readSource(fields: Fields, { source, cluster }: EventDefaults): string {
  const written = fields.string('source');
  return written === undefined ? source : fields.take(checkEventSource(written, cluster), '');
}

function readTime(fields: Fields, now: number): string {
  const written = fields.string('time');
  if (written === undefined) return formatTimestamp(now);
  const time = normalizeTimestamp(written);
  if (time === undefined) {
    fields.reject(
      `time ${quote(written)} is not an RFC 3339 timestamp such as "2026-01-31T23:59:59Z"`,
    );
  }
  return time ?? '';
}

/** @param required the keys that every event of the type carries */
function checkCarried(
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
    const path = checkMetadataPath(metadata.value.path ?? null);
    if (!path.ok) return path;
  }
  return metadata;
}

/** As they came: not trimmed, and no list in one string, unlike the lists of Vault's bodies. */
function checkEntityIds(value: unknown): Result<readonly string[]> {
  if (value === undefined) return ok([]);
  if (!Array.isArray(value)) {
    return invalid(`entity_ids must be a list of strings, not ${kindOf(value)}`);
  }
  for (const [index, entityId] of value.entries()) {
    if (typeof entityId !== 'string') {
      return invalid(`entity_ids[${index}] must be a string, not ${kindOf(entityId)}`);
    }
    if (!entityId.isWellFormed()) return invalid(`entity_ids[${index}] has an unpaired surrogate`);
  }
  return ok(value);
}

function readPluginInfo(fields: Fields): PluginInfo | undefined {
  if (fields.raw('plugin_info') === undefined) return undefined;
  const info = fields.object('plugin_info', 'a JSON object');
  info.rejectUnknown(PLUGIN_INFO_KEYS);
  const present = PLUGIN_INFO_KEYS.filter((key) => info.raw(key) !== undefined);
  return Object.fromEntries(present.map((key) => [key, info.text(key, Number.POSITIVE_INFINITY)]));
}
