/** What a subscription yields: events, typed by the catalog and by what the program declares, and gaps. */
import type { CataloguedMetadata } from '../event/catalog.ts';
import type { PluginInfo } from '../event/event.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import type { GapReason, SentEvent } from '../wire/carillon-v1/messages.ts';

/** Metadata of any event. The server makes sure that a `path` is a string. */
export interface Metadata {
  readonly path?: string;
  readonly [key: string]: JsonValue | undefined;
}

/** Event types by their names, with the metadata that events of each carry. */
export type EventTypes = object;

/**
 * The event types of Vault's catalog. The server makes sure that the keys are there and that `path` is a
 * string; what else they hold is the publisher's word. Vault's own values are strings.
 */
export type CataloguedTypes = {
  readonly [T in keyof CataloguedMetadata]: {
    readonly [K in CataloguedMetadata[T]]: K extends 'path' ? string : JsonValue;
  };
};

/**
 * An event type of which the compiler knows nothing. It is a string like any other; that it has these
 * blanks, which no event type can have, is what keeps it apart from the literals of the others.
 */
export type OtherEventType = `${string} (neither in the catalog nor declared)`;

export interface EventOf<T extends string, M> {
  readonly type: 'event';
  /** `kv-v2/data-write` */
  readonly eventType: T;
  readonly metadata: M;
  /** Unique together with the source. */
  readonly id: string;
  /** A URI reference. */
  readonly source: string;
  /** RFC 3339, as the producer wrote it. */
  readonly time: string;
  /** The Vault namespace with its trailing slash; empty for root. */
  readonly namespace: string;
  readonly entityIds: readonly string[];
  readonly note: string;
  /** Where Vault says so: the mount and the plugin that the event comes from. */
  readonly pluginInfo: PluginInfo | undefined;
  /** The whole as the server sent it, in the form of a stock subscription: it can be published as it is. */
  readonly cloudEvent: Readonly<Record<string, unknown>>;
  /** The place after this event. `since: event.cursor` goes on there, also in another process. */
  readonly cursor: string;
}

/** Events may be missing before what comes next. */
export interface GapItem {
  readonly type: 'gap';
  readonly reason: GapReason;
  /** The place after the gap. */
  readonly cursor: string;
}

/**
 * An event. Comparing `eventType` with a literal tells the type of its metadata; literals that are
 * neither in the catalog nor among the declared ones are refused by the compiler.
 */
export type CarillonEvent<Declared extends EventTypes = object> =
  | {
      [T in keyof (CataloguedTypes & Declared) & string]: EventOf<
        T,
        Metadata & (CataloguedTypes & Declared)[T]
      >;
    }[keyof (CataloguedTypes & Declared) & string]
  | EventOf<OtherEventType, Metadata>;

/** What `for await` hands out; `type` tells which. */
export type Item<Declared extends EventTypes = object> = CarillonEvent<Declared> | GapItem;

/** @returns undefined where it is not the CloudEvent of a frame */
export function eventOf({ cursor, event }: SentEvent): CarillonEvent | undefined {
  const { id, source, time, data } = event;
  if (typeof id !== 'string' || typeof source !== 'string' || typeof time !== 'string') return;
  if (!isJsonObject(data) || !isJsonObject(data.event)) return;
  const { event_type, namespace = '', plugin_info } = data;
  const { metadata = {}, entity_ids = [], note = '' } = data.event;
  if (typeof event_type !== 'string' || typeof namespace !== 'string') return;
  if (!isJsonObject(metadata) || !Array.isArray(entity_ids) || typeof note !== 'string') return;
  return {
    type: 'event',
    eventType: event_type as OtherEventType,
    metadata: metadata as JsonObject,
    id,
    source,
    time,
    namespace,
    entityIds: entity_ids.map(String),
    note,
    pluginInfo: isJsonObject(plugin_info) ? pluginInfoOf(plugin_info) : undefined,
    cloudEvent: event,
    cursor,
  };
}

/** Strings, as the server makes sure; of a later version there may be others. */
function pluginInfoOf(members: Readonly<Record<string, unknown>>): PluginInfo {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => typeof value === 'string'),
  );
}
