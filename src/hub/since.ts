/** From where a subscriber wants the events: `since=`, or the header `Last-Event-ID`. */
import { quote } from '../event/quote.ts';
import { isTimestamp } from '../event/time.ts';
import { MAX_EVENT_ID_CHARACTERS } from '../limits.ts';
import { invalid, ok, type Result } from '../result.ts';
import { type Cursor, decodeCursor, isCursor } from '../wire/cursor.ts';

export type Since =
  | { readonly kind: 'earliest' }
  /** Accepted at this time or later: Unix milliseconds. Or after the event that has it as its id. */
  | { readonly kind: 'time'; readonly at: number; readonly id: string }
  /** After the event with this id; where there is none and it looks like something else, what is wrong. */
  | { readonly kind: 'event'; readonly id: string; readonly mistake?: string }
  | { readonly kind: 'cursor'; readonly cursor: Cursor };

/** What is meant as a time, and must then be one. */
const LIKE_A_TIME = /^\d{4}-\d{2}-\d{2}(?:[Tt ]|$)/;

/**
 * Reads `earliest`, an RFC 3339 time, a cursor of `carillon.v1`, or the id of an event. An id is any text, so
 * whether it is one is known where the events are.
 *
 * @param name of the parameter or header, for the error
 * @returns undefined where it is blank: from now on
 */
export function parseSince(text: string, name: string): Result<Since | undefined> {
  const id = text.trim();
  if (id === '') return ok(undefined);
  if (id.length > MAX_EVENT_ID_CHARACTERS) {
    return invalid(
      `${name} has ${id.length} characters, an event id at most ${MAX_EVENT_ID_CHARACTERS}; give an event id, an RFC 3339 time or "earliest"`,
    );
  }
  if (/\p{Cc}/u.test(id)) {
    return invalid(`${name} has a control character, which no event id has: ${quote(id)}`);
  }
  if (id === 'earliest') return ok({ kind: 'earliest' });
  if (isTimestamp(id)) return ok({ kind: 'time', at: Date.parse(id), id });
  if (LIKE_A_TIME.test(id)) {
    const mistake = `${name} is ${quote(id)}, which is no RFC 3339 time; write it as 2026-11-22T12:00:00Z`;
    return ok({ kind: 'event', id, mistake });
  }
  if (!isCursor(id)) return ok({ kind: 'event', id });
  const cursor = decodeCursor(id);
  const mistake = `${name} is no cursor that this server made: ${quote(id)}`;
  return ok(cursor === undefined ? { kind: 'event', id, mistake } : { kind: 'cursor', cursor });
}
