/** Times as senders write them: Unix time in any unit, or RFC 3339. */
import { isTimestamp } from '../../event/time.ts';

/**
 * Unix time in seconds, milliseconds, microseconds or nanoseconds, which the number of digits tells apart until the
 * year 5138; with a fraction, or without; or RFC 3339.
 *
 * @returns Unix milliseconds; undefined where it is no time
 */
export function timeOf(text: string): number | undefined {
  if (isTimestamp(text)) return Date.parse(text);
  const digits = /^(\d{1,20})(?:\.\d{1,9})?$/.exec(text)?.[1]?.length;
  if (digits === undefined) return undefined;
  const unit = UNITS.find(([most]) => digits <= most)?.[1] ?? 0;
  const time = Math.trunc(Number(text) * unit);
  return time <= MAX_TIME_MS ? time : undefined;
}

/** Digits of a unit, at most, and how many milliseconds it has. */
const UNITS = [
  [11, 1000],
  [14, 1],
  [17, 1e-3],
  [20, 1e-6],
] as const;

/** The end of the year 9999: RFC 3339 writes no later one. */
const MAX_TIME_MS = Date.UTC(10_000, 0) - 1;
