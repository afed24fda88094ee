/** The items of a subscription: events, whose types are Vault's and the program's own, and gaps. */
import type { CataloguedMetadata } from '../event/catalog.ts';
import type { PluginInfo } from '../event/event.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import type { GapReason, SentEvent } from '../wire/carillon-v1/messages.ts';

/** Metadata of any event. The server ensures that a `path` is a string. */
export interface Metadata {
  /** What the event is about. Policies decide by it who receives the event. */
  readonly path?: string;
  readonly [key: string]: JsonValue | undefined;
}

/** Event types by their names, with the metadata that events of each carry. */
export type EventTypes = object;

/**
 * The event types of Vault's catalog. The server ensures that the keys are there and that `path` is a string.
 * Other values are as the publisher wrote them. Vault's values are strings.
 */
export type CataloguedTypes = {
  readonly [T in keyof CataloguedMetadata]: {
    readonly [K in CataloguedMetadata[T]]: K extends 'path' ? string : JsonValue;
  };
};

/**
 * An event type that the compiler does not know. At run time it is any string. The blanks, which no event type can
 * have, tell its type from the literals of the others.
 */
export type OtherEventType = `${string} (neither in the catalog nor declared)`;

/** An event of a type, with its metadata. */
export interface EventOf<T extends string, M> {
  /** Tells an event from a gap. */
  readonly type: 'event';
  /** `kv-v2/data-write` */
  readonly eventType: T;
  /** What the publisher says about the event. */
  readonly metadata: M;
  /** Unique together with the source. */
  readonly id: string;
  /** A URI reference. */
  readonly source: string;
  /** RFC 3339, as the publisher wrote it. */
  readonly time: string;
  /** The Vault namespace with its trailing slash; empty for root. */
  readonly namespace: string;
  /** The ids of the identities that the event concerns. */
  readonly entityIds: readonly string[];
  /** A text for people; often empty. */
  readonly note: string;
  /** The mount and the plugin that the event comes from, if Vault says so. */
  readonly pluginInfo: PluginInfo | undefined;
  /** The event as the server sent it, in the form of a stock subscription. It can be published unchanged. */
  readonly cloudEvent: Readonly<Record<string, unknown>>;
  /** The position after this event. `since: event.cursor` resumes there, also in another process. */
  readonly cursor: string;
}

/** Events may be missing before the next item. */
export interface GapItem {
  /** Tells a gap from an event. */
  readonly type: 'gap';
  /** Why events may be missing. */
  readonly reason: GapReason;
  /** The position after the gap. */
  readonly cursor: string;
}

/**
 * An event. Comparing `eventType` with a literal narrows the type of its metadata. The compiler rejects a literal
 * that is neither in the catalog nor declared.
 */
export type CarillonEvent<Declared extends EventTypes = object> =
  | {
      [T in keyof (CataloguedTypes & Declared) & string]: EventOf<
        T,
        Metadata & (CataloguedTypes & Declared)[T]
      >;
    }[keyof (CataloguedTypes & Declared) & string]
  | EventOf<OtherEventType, Metadata>;

/** What `for await` yields; `type` tells which. */
export type Item<Declared extends EventTypes = object> = CarillonEvent<Declared> | GapItem;

/** @returns undefined if it is not the CloudEvent of a frame */
export function receivedEvent({ cursor, event }: SentEvent): CarillonEvent | undefined {
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

/** Leaves out members that are not strings. A later version of the server may send some. */
function pluginInfoOf(members: Readonly<Record<string, unknown>>): PluginInfo {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => typeof value === 'string'),
  );
}
