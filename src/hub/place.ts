/** Where in the journal a subscriber begins. */
import type { EventFacts } from '../event/facts.ts';
import { isUsableEventId } from '../event/position-text.ts';
import { MAX_CLOCK_DIFFERENCE_MS } from '../limits.ts';
import { invalid, ok, type Result } from '../result.ts';
import type { GapReason } from '../wire/carillon-v1/messages.ts';
import { type Cursor, hubTag } from '../wire/cursor.ts';
import type { Journal } from './journal.ts';
import type { Since } from './since.ts';

export interface Place {
  /** The sequence that it has seen. */
  readonly after: number;
  /** Why what it asked for cannot be given, and it begins with the oldest that there is. */
  readonly gap?: GapReason;
}

/**
 * @param since where the subscriber wants to begin; undefined for now
 * @param hub the name of this hub
 * @param mayReceive whether it may know of an event
 */
export function placeOf(
  since: Since | undefined,
  journal: Journal,
  hub: string,
  mayReceive: (facts: EventFacts) => boolean,
): Result<Place> {
  if (since === undefined) return ok({ after: journal.last });
  const oldest = journal.trimmedThrough;
  switch (since.kind) {
    case 'earliest':
      return ok({ after: oldest });
    case 'time':
      return placeOfTime(since.at, journal);
    case 'event': {
      const event = firstVisible(since.id, journal, mayReceive);
      return ok(event === undefined ? { after: oldest, gap: 'unknown_event' } : { after: event });
    }
    case 'cursor':
      return placeOfCursor(since.cursor, journal, hub);
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

function placeOfTime(at: number, journal: Journal): Result<Place> {
  if (at > Date.now() + MAX_CLOCK_DIFFERENCE_MS) {
    return invalid('the time to begin at is in the future; leave it out to begin now');
  }
  return journal.isCompleteSince(at, MAX_CLOCK_DIFFERENCE_MS)
    ? ok({ after: journal.placeBefore(at) })
    : ok({ after: journal.trimmedThrough, gap: 'forgotten' });
}

function placeOfCursor(cursor: Cursor, journal: Journal, hub: string): Result<Place> {
  if (cursor.hub !== hubTag(hub)) {
    return invalid(
      'the cursor is of another subscription: it holds for patterns of the same hub alone; leave it out, or give a time',
    );
  }
  const oldest = journal.trimmedThrough;
  if (cursor.epoch !== journal.epoch) return ok({ after: oldest, gap: 'storage_lost' });
  if (cursor.sequence > journal.last) {
    return invalid('the cursor is ahead of everything that this server has sent');
  }
  return cursor.sequence < oldest
    ? ok({ after: oldest, gap: 'forgotten' })
    : ok({ after: cursor.sequence });
}
