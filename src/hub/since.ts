/** From where a subscriber wants the events: `since=`, or the header `Last-Event-ID`. */
import { quote } from '../event/quote.ts';
import { isTimestamp } from '../event/time.ts';
import { MAX_EVENT_ID_CHARACTERS } from '../limits.ts';
import { invalid, ok, type Result } from '../result.ts';
import { type Cursor, decodeCursor, isCursor } from '../wire/cursor.ts';

export type Since =
  | { readonly kind: 'earliest' }
  /** Accepted at this time or later: Unix milliseconds. */
  | { readonly kind: 'time'; readonly at: number }
  /** After the event with this id. */
  | { readonly kind: 'event'; readonly id: string }
  | { readonly kind: 'cursor'; readonly cursor: Cursor };

/** What is meant as a time, and must then be one. */
const LIKE_A_TIME = /^\d{4}-\d{2}-\d{2}(?:[Tt ]|$)/;

/**
 * Reads `earliest`, an RFC 3339 time, a cursor of `carillon.v1`, or the id of an event, which is every
 * other text.
 *
 * @param name of the parameter or header, for the error
 * @returns undefined where it is blank: from now on
 */
export function parseSince(text: string, name: string): Result<Since | undefined> {
  const value = text.trim();
  if (value === '') return ok(undefined);
  if (value.length > MAX_EVENT_ID_CHARACTERS) {
    return invalid(
      `${name} has ${value.length} characters, an event id at most ${MAX_EVENT_ID_CHARACTERS}; give an event id, an RFC 3339 time or "earliest"`,
    );
  }
  if (/\p{Cc}/u.test(value)) {
    return invalid(`${name} has a control character, which no event id has: ${quote(value)}`);
  }
  if (value === 'earliest') return ok({ kind: 'earliest' });
  if (isTimestamp(value)) return ok({ kind: 'time', at: Date.parse(value) });
  if (LIKE_A_TIME.test(value)) {
    return invalid(
      `${name} is ${quote(value)}, which is no RFC 3339 time; write it as 2026-11-22T12:00:00Z`,
    );
  }
  if (!isCursor(value)) return ok({ kind: 'event', id: value });
  const cursor = decodeCursor(value);
  return cursor === undefined
    ? invalid(`${name} is no cursor that this server made: ${quote(value)}`)
    : ok({ kind: 'cursor', cursor });
}
