import { eventBatch } from '../../../event/event-batch.ts';
import { checkSlices, lastOfSlice, sliceAfter } from '../../../objects/feed-slice.ts';
import type { FeedSlice } from '../../../objects/hub-contract.ts';
import type { ReplicaPage } from '../../../objects/replica-contract.ts';
import { LOST_KEY } from '../../journal/record.ts';
import type { JournalRange } from './cached-page.ts';

/**
 * What of a page a replica does not have. Where events may be missing, there is a record of a gap.
 *
 * @param taken the last sequence that it has
 * @throws if the page has slices that are not whole, or not in order
 */
export function newPartOf(page: ReplicaPage, taken: number): JournalRange {
  checkSlices(page);
  const { journal, through, slices, isMissing } = page;
  const newer = slices
    .filter((slice) => lastOfSlice(slice) > taken)
    .map((slice) => sliceAfter(slice, taken));
  const lost = (slices[0]?.first ?? through + 1) - 1;
  if (isMissing && lost > taken) newer.unshift(gapAt(lost, journal.trimmedUntil));
  return { after: taken, through, slices: newer };
}

function gapAt(sequence: number, acceptedAt: number): FeedSlice {
  return {
    first: sequence,
    acceptedAt: Float64Array.of(acceptedAt),
    records: eventBatch([{ key: LOST_KEY, json: '' }]),
  };
}
