/** What destinations read of the journal of a hub. */

import { charactersOf } from '../../objects/feed-slice.ts';
import type { DestinationPage, ReadingStart } from '../../objects/reading-contract.ts';
import { takenOf } from '../feeds/taken.ts';
import { factsOf, HEADER_KEY, type JournalHeader } from '../journal/header.ts';
import type { Journal } from '../journal/journal.ts';
import { MAX_PAGE_BYTES, MAX_PAGE_EVENTS } from '../limits.ts';
import type { ReplayThrottle } from './replay-throttle.ts';

/** Destinations read as subscribers do that reconnect: each page in a turn of its own, within the share of its owner. */
export async function destinationPage(
  { journal, throttle }: { readonly journal: Journal; readonly throttle: ReplayThrottle },
  owner: string,
  from: ReadingStart,
  maxEvents: number,
  maxBytes: number,
): Promise<DestinationPage | undefined> {
  // Its header is not created before the hub knows whether it is the first one.
  if (journal.isUnused) return undefined;
  await throttle.affordableTurn(owner);
  const start = startOf(from, journal);
  const { after, through, slices } = journal.readPart(
    start,
    Math.min(maxEvents, MAX_PAGE_EVENTS),
    Math.min(maxBytes, MAX_PAGE_BYTES),
  );
  throttle.count(owner, charactersOf(slices));
  return { journal: journal.facts, start, after, through, slices, last: journal.last };
}

/** The same of a hub without tables: it never had an event, or has released itself after the last was trimmed. */
export function pageWithoutEvents(
  { kv }: DurableObjectStorage,
  { position }: ReadingStart,
): DestinationPage | undefined {
  const header = kv.get<JournalHeader>(HEADER_KEY);
  if (header === undefined) return undefined;
  const journal = factsOf(header);
  const { trimmedThrough: last } = journal;
  const start = Math.min(takenOf(position, journal), last);
  return { journal, start, after: last, through: last, slices: [], last };
}

function startOf({ position, since }: ReadingStart, journal: Journal): number {
  const { last, restoredFrom, epoch } = journal;
  const taken = takenOf(position, journal);
  // It has read more than there is, so the storage went back.
  const known = taken > last ? 0 : taken;
  if (since === undefined || position === undefined) return known;
  const located = since === 0 ? 0 : journal.lastBefore(since);
  const isKnown = position.epoch === epoch || position.epoch === restoredFrom?.epoch;
  return isKnown ? Math.min(located, known) : located;
}
