/**
 * The event types of the server itself. Nobody can publish them from outside, so a subscriber can rely on who made
 * them. Pure.
 */

import { eventTypeNamespace } from './event-type.ts';

const RESERVED = 'carillon';

/** The type of events that are lines of the audit log. Only those with `sudo` receive them. */
export const AUDIT_TYPE = `${RESERVED}/audit`;

/** Why an event type cannot be published; undefined if it can. */
export function whyReserved(eventType: string): string | undefined {
  return eventTypeNamespace(eventType) === RESERVED
    ? `the event-type namespace "${RESERVED}" is for events of the server itself; publish under another`
    : undefined;
}
