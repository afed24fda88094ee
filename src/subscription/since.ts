/** Where a subscriber wants to start: the parameter `since`, or the header `Last-Event-ID`. */

import { MAX_EVENT_ID_CHARACTERS } from '../event/limits.ts';
import { checkEventId, positionForm } from '../event/position-text.ts';
import { isTimestamp } from '../event/time.ts';
import { secondsOf } from '../lib/duration.ts';
import { MAX_DURATION_SECONDS } from '../lib/limits.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { decodeCursor, isUnsignedCursor, type SignedCursor } from '../wire/cursor.ts';

export type Since =
  | { readonly kind: 'earliest' }
  /** Events accepted at this time or later. Unix milliseconds. `text` is what the subscriber wrote. */
  | { readonly kind: 'time'; readonly at: number; readonly text: string }
  /** After the event with this id. */
  | { readonly kind: 'event'; readonly id: string }
  /** After this position; undefined for a cursor that was made before cursors had a code. */
  | { readonly kind: 'cursor'; readonly cursor: SignedCursor | undefined };

/** The parameter or header that names the position. */
type SinceName = 'since' | 'lastEventId' | 'Last-Event-ID';

const FORMS =
  'give the id of an event, a cursor, an RFC 3339 time such as 2026-11-22T12:00:00Z, a time ago such as -15m, or "earliest"';

/**
 * Reads `earliest`, an RFC 3339 time, a time ago, a cursor, or the id of an event. A text with the form of another
 * position is never an id.
 *
 * @param now Unix milliseconds, from which a time ago is counted
 * @returns undefined if the text is blank: the subscriber starts now
 */
export function parseSince(value: string, name: SinceName, now: number): Result<Since | undefined> {
  const text = value.trim();
  if (text === '') return ok(undefined);
  const problem = problemOfAnyForm(value, text, name);
  if (problem !== undefined) return invalid(`${name} ${problem}`);
  switch (positionForm(text)) {
    case undefined:
      return parseEventId(value, text, name);
    case 'time':
      return isTimestamp(text)
        ? ok({ kind: 'time', at: Date.parse(text), text })
        : invalid(
            `${name} is ${quote(text)}, which is no RFC 3339 time; write it as 2026-11-22T12:00:00Z`,
          );
    case 'relative time':
      return parseTimeAgo(text, name, now);
    case 'keyword':
      return text === 'earliest'
        ? ok({ kind: 'earliest' })
        : invalid(`${name} is ${quote(text)}, which is reserved and means nothing yet; ${FORMS}`);
    case 'cursor': {
      const cursor = decodeCursor(text);
      return cursor === undefined && !isUnsignedCursor(text)
        ? invalid(`${name} is no cursor that this server made: ${quote(text)}; ${FORMS}`)
        : ok({ kind: 'cursor', cursor });
    }
  }
}

/** Durations of Vault behind a minus: `-15m`, `-1h30m`, `-2d`. A number without a unit could be meant as minutes. */
function parseTimeAgo(text: string, name: SinceName, now: number): Result<Since> {
  const seconds = /^-.*[a-z]$/.test(text) ? secondsOf(text) : undefined;
  if (seconds === undefined) {
    return invalid(
      `${name} is ${quote(text)}, which is no time ago; write it as -90s, -15m, -1h30m or -2d`,
    );
  }
  return seconds < -MAX_DURATION_SECONDS
    ? invalid(
        `${name} is ${quote(text)}, which is more than ${MAX_DURATION_SECONDS} seconds ago; give "earliest" for all retained events`,
      )
    : ok({ kind: 'time', at: now + Math.round(seconds * 1000), text });
}

/** What is wrong with a position of any form; undefined if nothing is. */
function problemOfAnyForm(value: string, text: string, name: SinceName): string | undefined {
  if (text.length > MAX_EVENT_ID_CHARACTERS) {
    return `has ${text.length} characters, an event id at most ${MAX_EVENT_ID_CHARACTERS}; ${FORMS}`;
  }
  if (/\p{Cc}/u.test(text)) {
    return `has a control character, which no event id has: ${quote(text)}`;
  }
  // Clients and proxies disagree on what these bytes of a header mean: the id that arrives may be another event's.
  if (name === 'Last-Event-ID' && /[^\t\x20-\x7e]/.test(value)) {
    return `has a character that is not ASCII, which a header cannot carry safely; send the id percent-encoded in the parameter "since"`;
  }
  return undefined;
}

function parseEventId(value: string, id: string, name: SinceName): Result<Since> {
  if (value !== id) {
    return invalid(`${name} has a blank around ${quote(id)}, which no event id has; leave it out`);
  }
  const checked = checkEventId(id);
  return checked.ok
    ? ok({ kind: 'event', id })
    : invalid(`${name} can be no event id: ${checked.failure.message}`);
}
