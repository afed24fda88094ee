/** The records of slices, joined so that a row has few columns. */

import { partOf } from '../../../objects/feed-slice.ts';
import type { FeedSlice } from '../../../objects/hub-contract.ts';

export interface PageRecords {
  /** Of the records that follow each other, the first sequence and the number. */
  readonly runs: Float64Array;
  readonly acceptedAt: Float64Array;
  readonly ends: Uint32Array;
  readonly keys: string;
  readonly frames: string;
}

export function joined(slices: readonly FeedSlice[]): PageRecords {
  const runs: number[] = [];
  const acceptedAt: number[] = [];
  const ends: number[] = [];
  let keys = '';
  let frames = '';
  for (const { first, acceptedAt: times, records } of slices) {
    runs.push(first, times.length);
    for (const time of times) acceptedAt.push(time);
    for (const [i, end] of records.ends.entries()) {
      ends.push(end + (i % 2 === 0 ? keys : frames).length);
    }
    keys += records.keys;
    frames += records.frames;
  }
  return {
    runs: Float64Array.from(runs),
    acceptedAt: Float64Array.from(acceptedAt),
    ends: Uint32Array.from(ends),
    keys,
    frames,
  };
}

export function separated({ runs, acceptedAt, ...records }: PageRecords): FeedSlice[] {
  const slices: FeedSlice[] = [];
  const all = { first: 0, acceptedAt, records };
  let start = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const [first = 0, count = 0] = [runs[i], runs[i + 1]];
    slices.push({ ...partOf(all, start, start + count - 1), first });
    start += count;
  }
  return slices;
}
