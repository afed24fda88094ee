/** Publish requests, given to the public function that reads them. */
import type { Event, EventDefaults } from '../../../src/event/event.ts';
import { type CheckedEvent, readEvents } from '../../../src/ingest/read-events.ts';
import type { Result } from '../../../src/lib/result.ts';
import { accepted } from './result.ts';

export const SOURCE_OF_SERVER = 'vault://carillon';

/** 2026-01-31T23:59:59.5Z */
const NOW = 1769903999500;

/** Reads a request to `/v1/sys/events/publish`, or to that of an event type. */
export function read(
  headers: Record<string, string>,
  body: string | Uint8Array,
  eventType?: string,
): Result<CheckedEvent[]> {
  let made = 0;
  const defaults: EventDefaults = {
    newId: () => `made-${++made}`,
    now: NOW,
    source: SOURCE_OF_SERVER,
    namespace: '',
    ...(eventType !== undefined && { eventType }),
  };
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return readEvents(new Headers(headers), bytes, defaults);
}

export function eventsOf(result: Result<CheckedEvent[]>): Event[] {
  return accepted(result).map(({ event }) => event);
}

/** The event of a request that has one. */
export function eventOf(result: Result<CheckedEvent[]>): Event {
  const [event, ...others] = eventsOf(result);
  if (event === undefined || others.length > 0) throw new Error('not exactly one event was read');
  return event;
}
