/** RFC 3339 timestamps that CloudEvents and Go's clients can parse. */
import { rememberingLast } from '../lib/repeated.ts';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * Whether the text is an RFC 3339 timestamp of an existing day that Go can parse: with an upper-case `T` and `Z`, and
 * without a leap second.
 */
export function isTimestamp(text: string): boolean {
  if (!RFC_3339.test(text)) return false;
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const zone = text.endsWith('Z') ? undefined : text.length - 5;
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(Number(text.slice(0, 4)), month) &&
    twoDigits(text, 11) <= 23 &&
    twoDigits(text, 14) <= 59 &&
    twoDigits(text, 17) <= 59 &&
    (zone === undefined || (twoDigits(text, zone) <= 23 && twoDigits(text, zone + 3) <= 59))
  );
}

const ZERO = 0x30;

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
}

const LENIENT = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:)(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Converts any RFC 3339 timestamp to the form that Go can parse: upper case, at most nine digits of a fraction, and a
 * leap second as the second after it, as in POSIX.
 *
 * @returns undefined if the text is no timestamp
 */
export function normalizeTimestamp(text: string): string | undefined {
  if (isTimestamp(text)) return text;
  const [, day, minute, second, fraction, zone] = LENIENT.exec(text) ?? [];
  if (day === undefined || zone === undefined) return undefined;
  const isLeap = second === '60';
  const digits = fraction === undefined ? '' : `.${fraction.slice(0, 9)}`;
  const written = `${day}T${minute}${isLeap ? '59' : second}${digits}${zone.toUpperCase()}`;
  if (!isTimestamp(written)) return undefined;
  if (!isLeap) return written;
  const next = new Date(Date.parse(written) + 1000);
  // A leap second is the last second of a day in UTC.
  return next.getUTCHours() === 0 && next.getUTCMinutes() === 0
    ? formatTimestamp(next.getTime())
    : undefined;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The same as Go's RFC3339Nano: in UTC, and without trailing zeros in the fraction. */
export function formatTimestamp(unixMilliseconds: number): string {
  return formatRepeated(unixMilliseconds, undefined);
}

/** Events of a batch have the same time. */
const formatRepeated = rememberingLast((unixMilliseconds: number) =>
  new Date(unixMilliseconds).toISOString().replace(/\.?0*Z$/, 'Z'),
);
