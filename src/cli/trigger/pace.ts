/** When the events of `events trigger` are due. */

/**
 * How many events are due, of those that are asked for.
 *
 * @param rate events a second; undefined if all are due at once
 */
export function dueEvents(count: number, rate: number | undefined, elapsedMs: number): number {
  return rate === undefined ? count : Math.min(count, Math.floor((elapsedMs / 1000) * rate) + 1);
}

/** Milliseconds until one more event than these is due. */
export function untilNext(sent: number, rate: number, elapsedMs: number): number {
  return Math.max(0, Math.ceil((sent / rate) * 1000 - elapsedMs));
}
