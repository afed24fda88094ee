/** The retained events of a hub, for a wildcard hub that begins to be fed. */

import type { Backfill, FeedPosition } from '../../../objects/hub-contract.ts';
import type { Journal } from '../../journal/journal.ts';
import { fedAs } from '../feed-format.ts';
import { takenOf } from '../taken.ts';

/**
 * @param position how far the wildcard hub has the journal; undefined for nothing
 * @returns the newest events that it lacks, within the limits
 */
export function backfillFrom(
  journal: Journal,
  position: FeedPosition | undefined,
  maxEvents: number,
  maxBytes: number,
  format: number,
): Backfill {
  const taken = takenOf(position, journal);
  const oldest = journal.startOfNewest(maxEvents, maxBytes);
  const after = Math.max(taken, oldest);
  return {
    epoch: journal.epoch,
    recordedSince: journal.recordedSince,
    trimmedUntil: Math.max(journal.trimmedUntil, oldest > taken ? journal.acceptedAt(oldest) : 0),
    after,
    last: journal.last,
    ...fedAs(format, journal.readSlices(after, maxEvents, maxBytes)),
  };
}
