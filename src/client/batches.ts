/** Events as the lines of requests that are within the server's limits. */

import type { PluginInfo } from '../event/event.ts';
import type { JsonValue } from '../lib/json.ts';
import { MAX_PUBLISH_BYTES, MAX_PUBLISH_EVENTS, MAX_PUBLISH_NAMESPACES } from '../wire/limits.ts';
import { utf8Length } from '../wire/utf8.ts';

export interface OutgoingEvent {
  /** `deploy/finished` */
  readonly eventType: string;
  /** `path` decides who may hear of the event. A type of Vault's catalog requires its keys. */
  readonly metadata?: Readonly<Record<string, JsonValue>> | undefined;
  /** A UUID is made if absent. */
  readonly id?: string | undefined;
  /** A URI reference; the server's own if absent. */
  readonly source?: string | undefined;
  /** RFC 3339; the time of receipt if absent. */
  readonly time?: string | Date | undefined;
  /** The whole path, `team-a/prod/`: that of the options if absent, or one below. */
  readonly namespace?: string | undefined;
  readonly entityIds?: readonly string[] | undefined;
  readonly note?: string | undefined;
  readonly pluginInfo?: PluginInfo | undefined;
}

/** An event, and the line of a request that it is. */
export interface Line {
  readonly event: OutgoingEvent;
  readonly id: string;
  readonly text: string;
}

/** Each event has an id from here on, so that sending it again is the same as sending it once. */
export function lineOf(event: OutgoingEvent, newId: () => string): Line {
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

/** Divides lines into requests, in their order. What is too large by itself is for the server to refuse. */
export function batchesOf<T extends Line>(lines: readonly T[]): T[][] {
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

/** What a server sends apart: the Vault namespace, and the first segment of the type. */
function hubOf({ namespace = '', eventType }: OutgoingEvent): string {
  return `${namespace} ${String(eventType).split('/')[0]}`;
}
