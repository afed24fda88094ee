import { isTimestamp } from '../../event/time.ts';

/** The most digits that a time has in a unit, and the milliseconds of the unit. */
const UNITS = [
  [11, 1000],
  [14, 1],
  [17, 1e-3],
  [20, 1e-6],
] as const;

/** The end of the year 9999: RFC 3339 has no later time. */
const MAX_TIME_MS = Date.UTC(10_000, 0) - 1;

/**
 * Reads a time as vendors write it: RFC 3339, or Unix time with an optional fraction. Until the year 5138 the number of
 * digits shows whether Unix time is in seconds, milliseconds, microseconds or nanoseconds.
 *
 * @returns Unix milliseconds; undefined if the text is no time
 */
export function parseTime(text: string): number | undefined {
  if (isTimestamp(text)) return Date.parse(text);
  const digits = /^(\d{1,20})(?:\.\d{1,9})?$/.exec(text)?.[1]?.length;
  if (digits === undefined) return undefined;
  const unit = UNITS.find(([most]) => digits <= most)?.[1] ?? 0;
  const time = Math.trunc(Number(text) * unit);
  return time <= MAX_TIME_MS ? time : undefined;
}
