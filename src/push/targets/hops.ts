import type { OutgoingEvent } from '../../destination/outgoing.ts';
import { hopsOf } from '../../event/hops.ts';

/** How many destinations the events have passed when they have passed this one. */
export function hopsOfBatch(events: readonly OutgoingEvent[]): number {
  return 1 + events.reduce((most, { event }) => Math.max(most, hopsOf(event.metadata)), 0);
}
