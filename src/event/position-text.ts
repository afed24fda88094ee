/**
 * The forms of a position in the journal (`since=`, `Last-Event-ID`), which no event id may have.
 *
 * A stock subscriber resumes with the id of its last event. If the id read as a time, a cursor or a keyword, its
 * publisher could choose where the subscriber resumes. So a text with a reserved form is never an id, and any other
 * text always is.
 *
 * Subscribers keep ids for any time, so a form may be removed but never added.
 */

import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result, tooMany } from '../lib/result.ts';
import { MAX_EVENT_ID_CHARACTERS } from './limits.ts';

export type PositionForm = 'cursor' | 'time' | 'relative time' | 'keyword';

/** Words for a position or a time, and what programs write if they have none. */
export const KEYWORDS = [
  ...['earliest', 'latest', 'beginning', 'now', 'yesterday', 'today', 'tomorrow', 'midnight'],
  ...['first', 'last', 'oldest', 'newest', 'start', 'end', 'all', 'null', 'undefined'],
] as const;

/** Days have at most four digits: `1234567d` is more likely a hexadecimal id than 3000 years. */
const DAYS = String.raw`\d{1,4}(?:[.,]\d{1,9})? ?(?:days?|d)`;
const DURATION = [
  amountOf('years?|yrs?|y'),
  amountOf('months?|mo'),
  amountOf('weeks?|wks?|w'),
  DAYS,
  amountOf('hours?|hrs?|h'),
  amountOf('minutes?|mins?|m'),
  amountOf('seconds?|secs?|s'),
  amountOf('milliseconds?|ms'),
  amountOf('microseconds?|us|µs|μs'),
  amountOf('nanoseconds?|ns'),
]
  .map((amount) => `(?:${amount} ?)?`)
  .join('');

const FORMS: readonly (readonly [PositionForm, RegExp])[] = [
  /** Of any version, even a future one. */
  ['cursor', /^cc\d+\./i],
  /** A date with or without a time, as RFC 3339, ISO 8601 and databases write it, even an invalid one. */
  ['time', /^[+-]?\d{4,6}-\d{2}-\d{2}(?:[T ][\d:.,+\- TZ]*|Z|\+[\d:]*)?$/i],
  /** The same with slashes, or without dashes but with a time: only eight digits may be a vendor's id. */
  ['time', /^(?:\d{8}[T ]\d{2}[\d:.,+\- TZ]*|\d{4}\/\d{2}\/\d{2}(?:[T ][\d:.,+\- TZ]*)?)$/i],
  /** As HTTP, `date` and JavaScript write it: `Sun, 29 Nov 2026 22:00:00 GMT`. */
  ['time', /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? [a-z\d]+ .*\d{2}:\d{2}/i],
  /** `-15m`, `-2h30m`, `-1d`. */
  ['relative time', /^-[\d.][\d.a-zµμ]*$/i],
  /** `5m`, `2h30m`, `1.5h`, `1d`, `5 minutes ago`. The look-ahead makes most ids fail at once. */
  [
    'relative time',
    new RegExp(`^(?=\\+?[\\d.][\\d.,a-zµμ ]*[a-zµμ]$)\\+?${DURATION}(?:ago)?$`, 'i'),
  ],
  /** ISO 8601: `P1D`, `PT2H30M`. */
  ['relative time', /^[+-]?P(?=[\dT])(?:\d+[YMWD])*(?:T(?:\d+(?:[.,]\d+)?[HMS])+)?$/i],
  ['keyword', new RegExp(`^(?:${KEYWORDS.join('|')})$`, 'i')],
];

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

function amountOf(units: string): string {
  return String.raw`(?:\d{1,10}(?:[.,]\d{0,9})?|\.\d{1,9}) ?(?:${units})`;
}

/** @returns undefined if the text can only be an event id */
export function positionForm(text: string): PositionForm | undefined {
  return FORMS.find(([, form]) => form.test(text))?.[0];
}

/**
 * Checks that a subscriber can send the id back, and that it then means the event: in a URL, where bytes that are not
 * UTF-8 become U+FFFD, and in a header, which is trimmed and cannot contain control characters.
 */
export function checkEventId(id: string): Result<string> {
  // No reserved form begins so, and no test below fails for it.
  if (UUID.test(id)) return ok(id);
  if (id === '') return invalid('id is empty; leave it out to have one made');
  if (id.length > MAX_EVENT_ID_CHARACTERS) {
    return tooMany('id', id.length, 'characters', MAX_EVENT_ID_CHARACTERS);
  }
  if (/\p{Cc}/u.test(id) || !id.isWellFormed()) {
    return invalid(`id ${quote(id)} has a control character or an unpaired surrogate`);
  }
  if (id.includes('\ufffd')) {
    return invalid(`id ${quote(id)} has U+FFFD, which stands for bytes that are not UTF-8`);
  }
  if (id.trim() !== id) {
    return invalid(
      `id ${quote(id)} has a blank at its beginning or end, which subscribers that resume with it lose; leave the blank out`,
    );
  }
  const form = positionForm(id);
  return form === undefined
    ? ok(id)
    : invalid(
        `id ${quote(id)} has the form of a ${form}, and a subscriber that resumes with it would get another place; use another id, for example with a prefix`,
      );
}

/** Callers that must have an id replace an unusable one with a hash of it. */
export function isUsableEventId(id: string): boolean {
  return checkEventId(id).ok;
}
