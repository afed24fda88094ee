/** Events as lines of publish requests, which keep the limits of the server. */
import type { PluginInfo } from '../event/event.ts';
import type { JsonValue } from '../lib/json.ts';
import { MAX_PUBLISH_BYTES, MAX_PUBLISH_EVENTS, MAX_PUBLISH_NAMESPACES } from '../wire/limits.ts';
import { utf8Length } from '../wire/utf8.ts';

/** An event to publish. Only `eventType` is required. */
export interface OutgoingEvent {
  /** `deploy/finished` */
  readonly eventType: string;
  /** `path` decides who may receive the event. A type of Vault's catalog requires its keys. */
  readonly metadata?: Readonly<Record<string, JsonValue>> | undefined;
  /** A random UUID if absent. */
  readonly id?: string | undefined;
  /** A URI reference; that of the server if absent. */
  readonly source?: string | undefined;
  /** RFC 3339; the time of receipt if absent. */
  readonly time?: string | Date | undefined;
  /** The full path of the Vault namespace, `team-a/prod/`: that of the options, which is the default, or one below. */
  readonly namespace?: string | undefined;
  /** The ids of the identities that the event concerns. */
  readonly entityIds?: readonly string[] | undefined;
  /** A text for people. */
  readonly note?: string | undefined;
  /** The mount and the plugin that the event comes from. */
  readonly pluginInfo?: PluginInfo | undefined;
}

/** An event, and its line in a publish request. */
export interface EventLine {
  readonly event: OutgoingEvent;
  readonly id: string;
  readonly text: string;
}

/** Gives the event an id if it has none, so that the server recognises a duplicate. */
export function eventLine(event: OutgoingEvent, newId: () => string): EventLine {
  const { eventType, metadata, id = newId(), source, time, namespace, note } = event;
  const text = JSON.stringify({
    event_type: eventType,
    metadata,
    id,
    source,
    time,
    namespace,
    entity_ids: event.entityIds,
    note,
    plugin_info: event.pluginInfo,
  });
  return { event: { ...event, id }, id, text };
}

/** Divides lines into requests, in their order. A line that is too large gets a request, which the server rejects. */
export function requestBatches<T extends EventLine>(lines: readonly T[]): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  let hubs = new Set<string>();
  for (const line of lines) {
    const size = utf8Length(line.text) + 1;
    const hub = hubOf(line.event);
    const isFull =
      batch.length === MAX_PUBLISH_EVENTS ||
      bytes + size > MAX_PUBLISH_BYTES ||
      (hubs.size === MAX_PUBLISH_NAMESPACES && !hubs.has(hub));
    if (isFull && batch.length > 0) {
      batches.push(batch);
      batch = [];
      bytes = 0;
      hubs = new Set();
    }
    batch.push(line);
    bytes += size;
    hubs.add(hub);
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}

/** The key of the hub that the event goes to: the Vault namespace, and the event-type namespace. */
function hubOf({ namespace = '', eventType }: OutgoingEvent): string {
  return `${namespace} ${String(eventType).split('/')[0]}`;
}
