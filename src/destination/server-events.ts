/** The events that the server publishes about a destination, and the sample that tests one. Pure: the caller passes the clock. */

import type { Event } from '../event/event.ts';
import { FAILING_TYPE, TEST_TYPE, UNDELIVERED_TYPE } from '../event/reserved-type.ts';
import { formatTimestamp } from '../event/time.ts';
import { withSlash } from '../namespace/namespace.ts';
import type { GiveUpReason } from './after-attempt.ts';
import type { Outcome, OutgoingEvent } from './outgoing.ts';
import { metadataOf, type NamedDestination } from './own-event.ts';

/** Whom such an event is about. */
export interface Concerned extends NamedDestination {
  /** The name of the cluster. */
  readonly cluster: string;
}

/** Why an event was given up. */
export interface GivenUp {
  readonly reason: GiveUpReason;
  readonly attempts: number;
  readonly status: Outcome['status'];
}

/**
 * Says that an event could not be delivered. It is of the namespace of that event and has its path, so policies decide about both in
 * the same way. It does not have the event itself: a policy that grants only this type must not show what it hides of another.
 *
 * @param id the same each time for this event and destination
 */
export function undeliveredEvent(
  id: string,
  { hub, sequence, event, facts }: OutgoingEvent,
  concerned: Concerned,
  { reason, attempts, status }: GivenUp,
  now: number,
): Event {
  return serverEvent(UNDELIVERED_TYPE, id, event.namespace, concerned, now, {
    ...(facts.path !== '' && { path: facts.path }),
    operation: 'undelivered',
    ...metadataOf(concerned),
    reason,
    attempts,
    ...(status !== undefined && { last_status: status }),
    undelivered_type: event.event_type,
    undelivered_id: event.id,
    undelivered_hub: hub.slice(hub.lastIndexOf('/') + 1),
    undelivered_sequence: sequence,
  });
}

/** Says that a destination cannot deliver. @param id the same each time for these failures */
export function failingEvent(
  id: string,
  concerned: Concerned,
  failures: number,
  status: Outcome['status'],
  now: number,
): Event {
  return serverEvent(FAILING_TYPE, id, withSlash(concerned.namespace), concerned, now, {
    path: pathOf(concerned),
    operation: 'failing',
    ...metadataOf(concerned),
    failures,
    ...(status !== undefined && { last_status: status }),
  });
}

/** What a destination is sent for a test. */
export function testEvent(id: string, concerned: Concerned, now: number): Event {
  return serverEvent(TEST_TYPE, id, withSlash(concerned.namespace), concerned, now, {
    path: pathOf(concerned),
    operation: 'test',
    ...metadataOf(concerned),
  });
}

function serverEvent(
  eventType: string,
  id: string,
  namespace: string,
  { cluster, name }: Concerned,
  now: number,
  metadata: Event['metadata'],
): Event {
  return {
    id,
    time: formatTimestamp(now),
    source: `vault://${cluster}/sys/events/destinations/${name}`,
    event_type: eventType,
    namespace,
    ...(metadata && { metadata }),
    entity_ids: [],
    note: '',
  };
}

function pathOf({ name }: Concerned): string {
  return `sys/events/destinations/${name}`;
}
