/** What a wildcard hub is given of the past of a hub that it has not gathered from so far. */

import type { Journal } from '../journal/journal.ts';
import type { StoredRecord } from '../journal/record.ts';

/** How far a wildcard hub has what a hub accepted. */
export interface Fed {
  /** Of the journal of the hub. */
  readonly epoch: string;
  /** The last sequence that was taken. */
  readonly taken: number;
}

export interface History {
  readonly epoch: string;
  readonly begunAt: number;
  /** When the last event was accepted that is left out, for its age or number; 0 where none is. */
  readonly trimmedAt: number;
  /** The place that the rows follow. */
  readonly after: number;
  readonly last: number;
  readonly rows: readonly StoredRecord[];
}

/**
 * @param fed what there is already; undefined for nothing
 * @returns the newest of what is lacking
 */
export function historyOf(
  journal: Journal,
  fed: Fed | undefined,
  maxEvents: number,
  maxBytes: number,
): History {
  const taken = fed?.epoch === journal.epoch ? fed.taken : 0;
  const within = journal.startOfNewest(maxEvents, maxBytes);
  const after = Math.max(taken, within);
  return {
    epoch: journal.epoch,
    begunAt: journal.recordedSince,
    trimmedAt: Math.max(journal.trimmedUntil, within > taken ? journal.acceptedAt(within) : 0),
    after,
    last: journal.last,
    rows: journal.read(after, maxEvents, maxBytes),
  };
}
