/**
 * A gap: events that a destination wanted are missing, or may be. It is an event that only this destination is sent. Nobody
 * publishes it, so no policy is asked.
 */

import type { Event } from '../event/event.ts';
import { GAP_TYPE } from '../event/reserved-type.ts';
import { formatTimestamp } from '../event/time.ts';
import { withSlash } from '../namespace/namespace.ts';
import type { GapReason } from '../wire/carillon-v1/messages.ts';
import type { NamedDestination } from './own-event.ts';

/** The reasons are those that a subscriber of `carillon.v1` is told. */
export interface Gap {
  readonly reason: Extract<GapReason, 'forgotten' | 'storage_lost' | 'unreadable'>;
  /** The path of the Vault namespace of the hub. */
  readonly namespace: string;
  readonly eventTypeNamespace: string;
  /** The sequence up to which the destination has everything, in the journal with this epoch; empty for none. */
  readonly after: number;
  readonly epochBefore: string;
  /** Of the journal with which it goes on, and the last sequence there that is missing, if it is known. */
  readonly epoch: string;
  readonly through: number;
  /** When the last of the events was accepted that are missing, about. Unix milliseconds. */
  readonly at: number;
}

/** @param cluster the name of this cluster. The same gap has the same id */
export function gapEvent(destination: NamedDestination, cluster: string, gap: Gap): Event {
  const { reason, namespace, eventTypeNamespace, after, epochBefore, epoch, through, at } = gap;
  const isSameJournal = epoch === epochBefore || epochBefore === '';
  return {
    id: `gap-${epochBefore || 'none'}-${after}-${epoch}-${through}`,
    time: formatTimestamp(at),
    source: `vault://${cluster}/sys/events/destinations/${destination.name}`,
    event_type: GAP_TYPE,
    namespace: withSlash(namespace),
    metadata: {
      operation: 'gap',
      reason,
      event_type_namespace: eventTypeNamespace,
      after,
      ...(isSameJournal && through > after && { through }),
    },
    entity_ids: [],
    note: '',
  };
}
