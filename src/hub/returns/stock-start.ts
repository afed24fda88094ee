import type { PositionLookup } from '../journal/position-lookup.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import type { StockStart } from '../subscribers/admissions.ts';

/** What a stock client follows. */
export interface Predecessors {
  /** Where the first of an unbroken chain began. */
  readonly floor: number;
  /** Where one was cut, if the client goes on there. */
  readonly cut?: number | undefined;
}

/**
 * Where a stock client starts.
 *
 * @param tag of its socket
 * @param followed undefined if it follows none: it starts at the present
 * @param lookup if it cannot tell yet, the result means nothing
 */
export function stockStart(
  tag: string,
  followed: Predecessors | undefined,
  windowMs: number,
  journal: SubscriberJournal,
  lookup: PositionLookup,
): StockStart {
  const { last, trimmedThrough, trimmedUntil } = journal;
  if (followed === undefined) return { tag, after: last, cut: undefined };
  const { cut, floor } = followed;
  const place = cut ?? floor;
  const earliest = lookup.startedAt - windowMs;
  // A place that another object has told may be beyond what is here.
  const after = Math.min(Math.max(place, lookup.lastBefore(earliest) ?? 0), last);
  const isTrimmed = place < trimmedThrough && trimmedUntil >= earliest;
  return { tag, after, cut, ...(isTrimmed && { gap: 'forgotten' }) };
}
