/** Where events may be missing between what a destination has and what a hub has. As exact as what subscribers are told. */

import type { Gap } from '../../destination/gap-event.ts';
import { MAX_CLOCK_DIFFERENCE_MS } from '../../objects/limits.ts';
import type { DestinationPage, ReadingStart } from '../../objects/reading-contract.ts';
import type { JournalFacts } from '../../objects/replica-contract.ts';

type Missing = Pick<Gap, 'reason' | 'after' | 'epochBefore' | 'epoch' | 'through' | 'at'>;

/**
 * The gap before the first event of a page; undefined if nothing is missing. Several reasons make one gap.
 *
 * @param coveredSince of a hub of which nothing was read: since when the destination wants what it accepts. Unix milliseconds
 */
export function gapBefore(
  page: DestinationPage,
  { position, since }: ReadingStart,
  coveredSince: number,
): Missing | undefined {
  const { journal } = page;
  const { epoch, trimmedThrough, trimmedUntil, recordedSince, isComplete } = journal;
  const common = { epoch, through: trimmedThrough, at: trimmedUntil || recordedSince };
  if (position === undefined) {
    // It came later. Or it has existed before, without an event, and its clock is late.
    const isMissing = lacksSince(journal, coveredSince - MAX_CLOCK_DIFFERENCE_MS);
    return isMissing ? { reason: 'forgotten', after: 0, epochBefore: '', ...common } : undefined;
  }
  const { epoch: epochBefore, taken } = position;
  const known = { after: taken, epochBefore, ...common };
  const isOther = epochBefore !== epoch || taken > page.last;
  // What was read of a hub that has forgotten that it had no events yet.
  const hadNothing = taken === 0 && isComplete;
  if (isOther && !hadNothing) return { reason: 'storage_lost', ...known };
  if (trimmedThrough > taken) return { reason: 'forgotten', ...known };
  const isUnknown = since !== undefined && since > 0 && lacksSince(journal, since);
  return isUnknown ? { reason: 'forgotten', ...known, after: 0 } : undefined;
}

/** Whether an event that was accepted since this time may be missing. */
function lacksSince(
  { trimmedUntil, recordedSince, isComplete }: JournalFacts,
  time: number,
): boolean {
  if (isComplete) return false;
  return time <= trimmedUntil || time < recordedSince - MAX_CLOCK_DIFFERENCE_MS;
}
