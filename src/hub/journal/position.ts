/** Where in the journal a subscriber begins. */
import type { EventFacts } from '../../event/facts.ts';
import { isUsableEventId } from '../../event/position-text.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import type { Since } from '../../subscription/since.ts';
import type { GapReason } from '../../wire/carillon-v1/messages.ts';
import type { SignedCursor } from '../../wire/cursor.ts';
import { MAX_CLOCK_DIFFERENCE_MS } from '../limits.ts';
import type { Cursors } from './cursors.ts';
import type { Journal } from './journal.ts';

export interface Place {
  /** The sequence that it has seen. */
  readonly after: number;
  /** Why what it asked for cannot be given, and it begins with the oldest that there is. */
  readonly gap?: GapReason;
}

/**
 * @param since where the subscriber wants to begin; undefined for now
 * @param cursors of this hub
 * @param mayReceive whether it may know of an event
 */
export function placeOf(
  since: Since | undefined,
  journal: Journal,
  cursors: Cursors,
  mayReceive: (facts: EventFacts) => boolean,
): Result<Place> {
  if (since === undefined) return ok({ after: journal.last });
  const oldest = journal.trimmedThrough;
  switch (since.kind) {
    case 'earliest':
      return ok({ after: oldest });
    case 'time':
      return isStoredAsId(since.text, journal, mayReceive)
        ? ok({ after: oldest, gap: 'unknown_event' })
        : placeOfTime(since.at, journal);
    case 'event': {
      const event = firstVisible(since.id, journal, mayReceive);
      return ok(event === undefined ? { after: oldest, gap: 'unknown_event' } : { after: event });
    }
    case 'cursor':
      return placeOfCursor(since.cursor, journal, cursors);
  }
}

/**
 * Publishers may choose the same id: from the first on, nothing that follows any of them is missed. An event that
 * was stored before its id was reserved for something else is not found by it.
 */
export function firstVisible(
  id: string,
  journal: Journal,
  mayReceive: (facts: EventFacts) => boolean,
): number | undefined {
  if (!isUsableEventId(id)) return undefined;
  return journal.firstWithId(id).find(({ facts }) => mayReceive(facts))?.sequence;
}

/**
 * Whether an event that was stored before ids of this form were refused has the text as its id. Then nobody knows
 * which of the two a subscriber means, and the time may be later than the event.
 */
function isStoredAsId(
  text: string,
  journal: Journal,
  mayReceive: (facts: EventFacts) => boolean,
): boolean {
  return journal.firstWithId(text).some(({ facts }) => mayReceive(facts));
}

function placeOfTime(at: number, journal: Journal): Result<Place> {
  if (at > Date.now() + MAX_CLOCK_DIFFERENCE_MS) {
    return invalid('the time to begin at is in the future; leave it out to begin now');
  }
  return journal.isCompleteSince(at, MAX_CLOCK_DIFFERENCE_MS)
    ? ok({ after: journal.placeBefore(at) })
    : ok({ after: journal.trimmedThrough, gap: 'forgotten' });
}

function placeOfCursor(
  cursor: SignedCursor | undefined,
  journal: Journal,
  cursors: Cursors,
): Result<Place> {
  const oldest = journal.trimmedThrough;
  // A Worker of an earlier release hands on cursors without a code.
  if (cursor?.code === undefined) return ok({ after: oldest, gap: 'unsigned_cursor' });
  switch (cursors.originOf(cursor)) {
    case 'other_hub':
      return invalid(
        'the cursor is of another subscription: it holds for patterns of the same hub alone; leave it out, or give a time',
      );
    case 'other_epoch': {
      // A hub without events forgets its epoch with its last subscriber. Whoever saw nothing there, and is
      // given everything that there ever was, misses nothing.
      const sawNothing = cursor.sequence === 0 && journal.isWhole;
      return ok(sawNothing ? { after: oldest } : { after: oldest, gap: 'storage_lost' });
    }
    case 'forged':
      return invalid(
        'the cursor was changed, or not made by this server; take it whole from what you received, or give the id of an event, a time or "earliest"',
      );
    case 'own':
      // Made here, so the journal was longer than it is now.
      if (cursor.sequence > journal.last) return ok({ after: oldest, gap: 'storage_lost' });
      return cursor.sequence < oldest
        ? ok({ after: oldest, gap: 'forgotten' })
        : ok({ after: cursor.sequence });
  }
}
