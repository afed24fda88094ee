/** Ends circles of destinations: events that have passed too many of them are refused. */
import { HOPS_HEADER, hopsOf, parseHops, whyTooManyHops } from '../../event/hops.ts';
import type { CheckedEvent } from '../../ingest/read-events.ts';
import type { Result } from '../../lib/result.ts';
import type { Refusal } from '../respond.ts';

/** What the request says of its events. */
export function hopsOfRequest(headers: Headers): Result<number> {
  return parseHops(headers.get(HOPS_HEADER));
}

/** Says why events may not be published; undefined if all of them may. */
export function whyCircle(events: readonly CheckedEvent[]): string | undefined {
  return whyTooManyHops(
    events.reduce((most, { event }) => Math.max(most, hopsOf(event.metadata)), 0),
  );
}

/** @returns undefined if all events may be published */
export function refuseCircle(events: readonly CheckedEvent[]): Refusal | undefined {
  const why = whyCircle(events);
  return why === undefined ? undefined : { reason: 'loop', message: why };
}
