/** What a wildcard hub is given of the past of a hub that it has not gathered from so far. */

import type { Backfill, FeedPosition } from '../../objects/hub-contract.ts';
import type { Journal } from '../journal/journal.ts';

/**
 * @param fed what there is already; undefined for nothing
 * @returns the newest of what is lacking
 */
export function backfillOf(
  journal: Journal,
  fed: FeedPosition | undefined,
  maxEvents: number,
  maxBytes: number,
): Backfill {
  const taken = fed?.epoch === journal.epoch ? fed.taken : 0;
  const within = journal.startOfNewest(maxEvents, maxBytes);
  const after = Math.max(taken, within);
  return {
    epoch: journal.epoch,
    recordedSince: journal.recordedSince,
    trimmedUntil: Math.max(journal.trimmedUntil, within > taken ? journal.acceptedAt(within) : 0),
    after,
    last: journal.last,
    records: journal.read(after, maxEvents, maxBytes),
  };
}
