/** What a Worker gets that is a destination: the argument of its method `events`. `@carillon/client` exports these types. */
import type { PluginInfo } from '../event/event.ts';
import type { JsonObject } from '../lib/json.ts';

/** An event as a CloudEvent. */
export interface DeliveredEvent {
  /** The version of CloudEvents. */
  readonly specversion: '1.0';
  /** Unique together with the source. */
  readonly id: string;
  /** A URI reference. */
  readonly source: string;
  /** The event type, such as `kv-v2/data-write`; `*` in the format `vault`. */
  readonly type: string;
  /** The path, unless the event has none, or a long one. Not in the format `vault`. */
  readonly subject?: string;
  /** RFC 3339. */
  readonly time: string;
  /** `application/json` */
  readonly datacontenttype: string;
  /** The event as Vault has it, in each format. */
  readonly data: DeliveredData;
}

/** The data of an event: all of it but its source and time. */
export interface DeliveredData {
  /** What the publisher says. */
  readonly event: {
    /** The same as that of the CloudEvent. */
    readonly id: string;
    /** What the event is about. */
    readonly metadata?: JsonObject;
    /** The ids of the identities that the event concerns. */
    readonly entity_ids?: readonly string[];
    /** A text for people. */
    readonly note?: string;
  };
  /** `kv-v2/data-write` */
  readonly event_type: string;
  /** The Vault namespace with a trailing slash; absent for root. */
  readonly namespace?: string;
  /** The mount and the plugin that the event comes from, if Vault says so. */
  readonly plugin_info?: PluginInfo;
}

/**
 * The Worker acknowledges all events when its method returns. If it throws, Carillon sends the batch again, and stores the
 * message of the error with the attempt.
 */
export interface DestinationBatch {
  /** The same at each attempt. */
  readonly id: string;
  /** The name of the destination. */
  readonly destination: string;
  /** The path of its Vault namespace; empty for root. */
  readonly namespace: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** What a program that publishes these events again sends in the header `Carillon-Hops`. */
  readonly hops: number;
  /** One or more, in the order of the journal of their hub. */
  readonly events: readonly DeliveredEvent[];
}
