/** Which events are sent together. Pure: the caller passes the clock. */

import { Buffer } from 'node:buffer';
import type { OutgoingEvent } from './outgoing.ts';

export interface BatchLimits {
  readonly maxEvents: number;
  /** Of the JSON frames together. One event that is larger is a batch of its own. */
  readonly maxBytes: number;
  /** How long an event waits for others, from when its hub accepted it. */
  readonly maxWaitMs: number;
}

type Queued = Pick<OutgoingEvent, 'json' | 'acceptedAt'>;

/** `count` events make a batch now, or there is none before `readyAt` unless more events come. Unix milliseconds. */
export type NextBatch = { readonly count: number } | { readonly readyAt: number };

/**
 * The next batch of the events of a hub.
 *
 * @param events in order, at least one; all that there are
 */
export function nextBatch(events: readonly Queued[], limits: BatchLimits, now: number): NextBatch {
  const count = fittingCount(events, limits);
  if (count < events.length || count === limits.maxEvents) return { count };
  // The clock of the hub may be ahead of this one.
  const since = Math.min(events[0]?.acceptedAt ?? now, now);
  const readyAt = since + limits.maxWaitMs;
  return now >= readyAt ? { count } : { readyAt };
}

/** Whether a batch that begins with these events can take no more of them. */
export function isFull(events: readonly Queued[], limits: BatchLimits): boolean {
  const count = fittingCount(events, limits);
  return count < events.length || count === limits.maxEvents;
}

/** How many of the events, from the first on, fit a batch: at least one. */
function fittingCount(events: readonly Queued[], { maxEvents, maxBytes }: BatchLimits): number {
  let bytes = 0;
  for (const [index, { json }] of events.entries()) {
    if (index === maxEvents) return index;
    bytes += Buffer.byteLength(json);
    if (bytes > maxBytes && index > 0) return index;
  }
  return events.length;
}
