/**
 * The event types of the server itself. Nobody can publish them from outside, so a subscriber can rely on who made
 * them. Pure.
 */

import { eventTypeNamespace } from './event-type.ts';

const RESERVED = 'carillon';

/** The type of events that are lines of the audit log. Only those with `sudo` receive them. */
export const AUDIT_TYPE = `${RESERVED}/audit`;

/** The type of events that tell a destination, and nobody else, that events are missing. They are never published. */
export const GAP_TYPE = `${RESERVED}/gap`;

/** The type of events that carry an event which a destination could not deliver. */
export const UNDELIVERED_TYPE = `${RESERVED}/undelivered`;

/** The type of events that say that a destination cannot deliver. */
export const FAILING_TYPE = `${RESERVED}/destination-failing`;

/** The type of events that test a destination. They are never published. */
export const TEST_TYPE = `${RESERVED}/test`;

/** Why an event type cannot be published; undefined if it can. */
export function whyReserved(eventType: string): string | undefined {
  return eventTypeNamespace(eventType) === RESERVED
    ? `the event-type namespace "${RESERVED}" is for events of the server itself; publish under another`
    : undefined;
}
