/**
 * The option `--since`: a position as the server reads it, or a time as people write it, which becomes an RFC 3339 time.
 *
 * Only texts that no event id can have are read as times. Otherwise the publisher of an event could choose where a
 * script resumes that passes its last id.
 */
import { checkEventId, positionForm } from '../../event/position-text.ts';
import { normalizeTimestamp } from '../../event/time.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';

export interface ResolvedSince {
  /** What the server reads: `earliest`, an RFC 3339 time, a cursor or the id of an event. */
  readonly since: string;
  /** Whether the text was a time that depends on the clock or the time zone of this machine. */
  readonly isComputed: boolean;
}

const SINCE_FORMS =
  '"earliest"; a time: 2h, "15m ago", today, yesterday, 2026-11-22, "2026-11-22 14:30" or 2026-11-22T14:30:00Z; a cursor; or the id of an event';

/**
 * @param now Unix time in milliseconds
 *
 * @example
 * resolveSince('2h', Date.parse('2026-11-22T12:00:00Z')) // { since: '2026-11-22T10:00:00Z', isComputed: true }
 */
export function resolveSince(given: string, now: number): Result<ResolvedSince> {
  const text = given.trim();
  const refused = invalid(`--since is ${quote(given)}; give ${SINCE_FORMS}`);
  if (text === '') return refused;
  switch (positionForm(text)) {
    case 'cursor':
      return ok({ since: text, isComputed: false });
    case 'keyword':
      return fromKeyword(text.toLowerCase(), now) ?? refused;
    case 'relative time': {
      const ago = millisecondsAgo(text);
      return ago === undefined || ago > now ? refused : computed(now - ago);
    }
    case 'time': {
      const time = normalizeTimestamp(text);
      if (time !== undefined) return ok({ since: time, isComputed: false });
      const local = localTime(text);
      return local === undefined ? refused : computed(local);
    }
    case undefined:
      return isMeantAsTime(text) || !checkEventId(given).ok
        ? refused
        : ok({ since: given, isComputed: false });
  }
}

function computed(milliseconds: number): Result<ResolvedSince> {
  return ok({ since: localTimestamp(milliseconds), isComputed: true });
}

function fromKeyword(keyword: string, now: number): Result<ResolvedSince> | undefined {
  const { year, month, day } = partsOf(now);
  switch (keyword) {
    case 'earliest':
      return ok({ since: keyword, isComputed: false });
    case 'now':
      return computed(now);
    case 'today':
      return computed(new Date(year, month, day).getTime());
    case 'yesterday':
      return computed(new Date(year, month, day - 1).getTime());
    default:
      return undefined;
  }
}

const UNITS: readonly (readonly [unit: RegExp, milliseconds: number])[] = [
  [/^(w|wks?|weeks?)$/, 7 * 24 * 3_600_000],
  [/^(d|days?)$/, 24 * 3_600_000],
  [/^(h|hrs?|hours?)$/, 3_600_000],
  [/^(m|mins?|minutes?)$/, 60_000],
  [/^(s|secs?|seconds?)$/, 1000],
];

/** `2h`, `-15m`, `1h30m ago`, `3 days ago`. Undefined for what has no fixed length, as months, and for the future. */
function millisecondsAgo(text: string): number | undefined {
  const amounts = /^-?((?:[\d.]+ ?[a-z]+ ?)+?)(?: ?ago)?$/i.exec(text)?.[1];
  if (amounts === undefined) return undefined;
  let total = 0;
  for (const [, number = '', unit = ''] of amounts.matchAll(/([\d.]+) ?([a-z]+)/gi)) {
    const found = UNITS.find(([pattern]) => pattern.test(unit.toLowerCase()));
    if (found === undefined || !/^(\d+\.?\d*|\.\d+)$/.test(number)) return undefined;
    total += Number(number) * found[1];
  }
  return Math.round(total);
}

/** A date, or a date and a time, in the time zone of this machine. */
function localTime(text: string): number | undefined {
  const fields = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/i.exec(text);
  if (fields === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  const date = new Date(year, month - 1, day, hour, minute, second);
  // `Date` takes the 31st of November for the 1st of December.
  const isReal =
    date.getMonth() === month - 1 && date.getDate() === day && hour < 24 && minute < 60;
  return isReal && second < 60 ? date.getTime() : undefined;
}

/** Texts that a person means as a time. The server would take each for the id of an event, and send everything. */
const MEANT_AS_TIME: readonly RegExp[] = [
  /\s/,
  /^(?:nan|infinity|none|\W+)$/i,
  /^\d{1,2}:\d{2}(:\d{2})?$/,
  // Compact dates and Unix times in seconds or milliseconds. Ids of vendors that are numbers are longer.
  /^\d{1,14}(?:\.\d*)?$/,
  // `1e9h`. Hexadecimal ids have none of these units.
  /^[\d.]+e[\d+-]*[hms][a-z]*$/i,
  // `2h30`, `1h30m5`.
  /^(?:[\d.,]+(?:y|yrs?|years?|mo|months?|w|wks?|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|ms))+[\d.,]*(?:ago)?$/i,
  // `11/22/2026`, `22.11.2026`, `2026-1-2`.
  /^(?:\d{1,2}([./-])\d{1,2}\1\d{4}|\d{4}([./-])\d{1,2}\2\d{1,2}|\d{1,2}\/\d{1,2}(?:\/\d{2})?)(?:T.*)?$/i,
];

function isMeantAsTime(text: string): boolean {
  return MEANT_AS_TIME.some((form) => form.test(text));
}

function partsOf(milliseconds: number) {
  const date = new Date(milliseconds);
  return { year: date.getFullYear(), month: date.getMonth(), day: date.getDate() };
}

/** RFC 3339 with the offset of this machine, which its user recognises. */
function localTimestamp(milliseconds: number): string {
  const date = new Date(milliseconds);
  const offset = -date.getTimezoneOffset();
  const shifted = new Date(milliseconds + offset * 60_000).toISOString().slice(0, 19);
  if (offset === 0) return `${shifted}Z`;
  const digits = (number: number) => String(number).padStart(2, '0');
  const size = Math.abs(offset);
  return `${shifted}${offset < 0 ? '-' : '+'}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}
