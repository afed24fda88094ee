/** Where in the journal a subscriber starts. */
import type { EventFacts } from '../../event/facts.ts';
import { isUsableEventId } from '../../event/position-text.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { MAX_CLOCK_DIFFERENCE_MS } from '../../objects/limits.ts';
import type { Since } from '../../subscription/since.ts';
import type { GapReason } from '../../wire/carillon-v1/messages.ts';
import type { SignedCursor } from '../../wire/cursor.ts';
import type { CursorCodec } from './cursor-codec.ts';
import type { PositionLookup } from './position-lookup.ts';
import type { EventEntry } from './record.ts';
import type { Searchable, SubscriberJournal } from './subscriber-journal.ts';

export interface Position {
  /** The subscriber starts after this sequence. */
  readonly after: number;
  /** Why it cannot start where it asked to, and starts at the oldest retained event. */
  readonly gap?: GapReason;
}

/**
 * @param since where the subscriber wants to start; undefined for now
 * @param lookup if it cannot tell yet, the result means nothing
 * @param cursors of this hub
 * @param mayReceive whether the subscriber may know of an event
 */
export function resolvePosition(
  since: Since | undefined,
  journal: SubscriberJournal,
  lookup: PositionLookup,
  cursors: CursorCodec,
  mayReceive: (facts: EventFacts) => boolean,
): Result<Position> {
  if (since === undefined) return ok({ after: journal.last });
  const oldest = journal.trimmedThrough;
  switch (since.kind) {
    case 'earliest':
      return ok({ after: oldest });
    case 'time':
      return isStoredAsId(since.text, lookup, mayReceive)
        ? ok({ after: oldest, gap: 'unknown_event' })
        : positionOfTime(since.at, journal, lookup);
    case 'event': {
      const sequence = sequenceOfId(since.id, lookup, mayReceive);
      return ok(
        sequence === undefined ? { after: oldest, gap: 'unknown_event' } : { after: sequence },
      );
    }
    case 'cursor':
      return positionOfCursor(since.cursor, journal, lookup, cursors);
  }
}

/**
 * The sequence of the oldest event with this id that the subscriber may know of. Several publishers may use the same
 * id: a subscriber that resumes after the oldest misses nothing that follows any of them. An event that was stored
 * before the form of its id was reserved is not found.
 */
function sequenceOfId(
  id: string,
  lookup: Searchable,
  mayReceive: (facts: EventFacts) => boolean,
): number | undefined {
  if (!isUsableEventId(id)) return undefined;
  return lookup.oldestWithId(id)?.find(({ facts }) => mayReceive(facts))?.sequence;
}

/** Whether the id of an event leads a subscriber back to it. True if the journal cannot tell at once. */
export function leadsBack(
  { frame, sequence }: EventEntry,
  lookup: Searchable,
  mayReceive: (facts: EventFacts) => boolean,
): boolean {
  const { id } = frame.event;
  if (lookup.oldestWithId(id) === undefined) return true;
  return sequenceOfId(id, lookup, mayReceive) === sequence;
}

/**
 * Whether this time is the id of an event that was stored before ids of this form were rejected. Then it is unclear
 * which of the two the subscriber means, and the time may be later than the event.
 */
function isStoredAsId(
  text: string,
  lookup: Searchable,
  mayReceive: (facts: EventFacts) => boolean,
): boolean {
  return lookup.oldestWithId(text)?.some(({ facts }) => mayReceive(facts)) === true;
}

function positionOfTime(
  at: number,
  journal: SubscriberJournal,
  lookup: Searchable,
): Result<Position> {
  if (at > Date.now() + MAX_CLOCK_DIFFERENCE_MS) {
    return invalid('the time to begin at is in the future; leave it out to begin now');
  }
  return journal.isCompleteSince(at, MAX_CLOCK_DIFFERENCE_MS)
    ? ok({ after: lookup.lastBefore(at) ?? journal.last })
    : ok({ after: journal.trimmedThrough, gap: 'forgotten' });
}

function positionOfCursor(
  cursor: SignedCursor | undefined,
  journal: SubscriberJournal,
  lookup: PositionLookup,
  cursors: CursorCodec,
): Result<Position> {
  const oldest = journal.trimmedThrough;
  // Cursors of a release that made them without a code.
  if (cursor === undefined) return ok({ after: oldest, gap: 'unsigned_cursor' });
  switch (cursors.originOf(cursor)) {
    case 'other_hub':
      return invalid(
        'the cursor is of another subscription: it holds for patterns of the same hub alone; leave it out, or give a time',
      );
    case 'other_epoch': {
      // A hub without events deletes its epoch when its last subscriber leaves. A subscriber that received nothing
      // there, and now gets everything that there ever was, misses nothing.
      const receivedNothing = cursor.sequence === 0 && journal.isComplete;
      return ok(receivedNothing ? { after: oldest } : { after: oldest, gap: 'storage_lost' });
    }
    case 'forged':
      return invalid(
        'the cursor was changed, or not made by this server; take it whole from what you received, or give the id of an event, a time or "earliest"',
      );
    case 'own':
      lookup.expect(cursor.sequence);
      // This hub made it, so the journal was longer than it is now.
      if (cursor.sequence > journal.last) return ok({ after: oldest, gap: 'storage_lost' });
      return cursor.sequence < oldest
        ? ok({ after: oldest, gap: 'forgotten' })
        : ok({ after: cursor.sequence });
  }
}
