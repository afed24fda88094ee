/** Slices of a journal on their way from a hub: to a wildcard hub, to a replica, to a destination. */

import { countOf, framesBetween, isWholeBatch, keysBetween } from '../event/event-batch.ts';
import type { FeedSlice } from './hub-contract.ts';

/** A part of a journal, of which some records are left out. */
interface SlicedPart {
  /** The sequence that it follows. */
  readonly after: number;
  readonly through: number;
  readonly slices: readonly FeedSlice[];
}

/** What of a slice follows a sequence. */
export function sliceAfter(slice: FeedSlice, sequence: number): FeedSlice {
  return sequence < slice.first ? slice : partOf(slice, sequence + 1, lastOfSlice(slice));
}

/** The records of a slice between two sequences, including these. */
export function partOf(slice: FeedSlice, from: number, to: number): FeedSlice {
  const { first, acceptedAt, records } = slice;
  const start = Math.min(Math.max(from - first, 0), acceptedAt.length);
  const end = Math.max(Math.min(to - first + 1, acceptedAt.length), start);
  if (start === 0 && end === acceptedAt.length) return slice;
  const keysBefore = records.ends[2 * start - 2] ?? 0;
  const framesBefore = records.ends[2 * start - 1] ?? 0;
  return {
    first: first + start,
    acceptedAt: acceptedAt.slice(start, end),
    records: {
      keys: keysBetween(records, start, end),
      frames: framesBetween(records, start, end),
      ends: records.ends
        .slice(2 * start, 2 * end)
        .map((place, i) => place - (i % 2 === 0 ? keysBefore : framesBefore)),
    },
  };
}

export function lastOfSlice({ first, acceptedAt }: FeedSlice): number {
  return first + acceptedAt.length - 1;
}

export function isWholeSlice({ acceptedAt, records }: FeedSlice): boolean {
  return isWholeBatch(records, 0) && acceptedAt.length === countOf(records);
}

/** What sends a page may be of another release. @throws if its slices are not whole, or not in order */
export function checkSlices({ after, through, slices }: SlicedPart): void {
  let last = after;
  const isSound =
    slices.every((slice) => {
      const isNext = slice.first > last;
      last = lastOfSlice(slice);
      return isNext && isWholeSlice(slice);
    }) && last <= through;
  if (!isSound) throw new Error(`the page after ${after} is not whole`);
}

/** What slices take, about, in memory and on their way. */
export function charactersOf(slices: readonly FeedSlice[]): number {
  return slices.reduce((sum, { records }) => sum + records.keys.length + records.frames.length, 0);
}
