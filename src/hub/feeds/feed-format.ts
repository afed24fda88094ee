/** The formats in which hubs feed wildcard hubs. While a release is deployed, one of the two may know the older one only. */
import { countOf, eventBatch, frameAt, keyAt } from '../../event/event-batch.ts';
import { isWholeSlice } from '../../objects/feed-slice.ts';
import {
  FEED_FORMAT,
  type Fed,
  type FeedRecord,
  type FeedSlice,
} from '../../objects/hub-contract.ts';

/** @param format that the wildcard hub reads */
export function fedAs(format: number, slices: readonly FeedSlice[]): Fed {
  return format === 1 ? { format, records: slices.flatMap(recordsOf) } : { format: 2, slices };
}

/** @throws if a hub sends a newer format than it was asked for: it repeats what failed */
export function slicesOf(hub: string, fed: Fed): readonly FeedSlice[] {
  switch (fed.format) {
    case 1:
      return runsOf(fed.records).map(sliceOf);
    case 2:
      if (!fed.slices.every(isWholeSlice))
        throw new Error(`${hub} feeds slices that are not whole`);
      return fed.slices;
  }
  const { format } = fed as { format: number };
  throw new Error(`${hub} feeds in format ${format}, and format ${FEED_FORMAT} was requested`);
}

function recordsOf({ first, acceptedAt, records }: FeedSlice): FeedRecord[] {
  return Array.from({ length: countOf(records) }, (_, i) => ({
    sequence: first + i,
    key: keyAt(records, i),
    acceptedAt: acceptedAt[i] ?? 0,
    json: frameAt(records, i) || null,
  }));
}

/** Records that follow each other without a hole. */
function runsOf(records: readonly FeedRecord[]): FeedRecord[][] {
  const runs: FeedRecord[][] = [];
  for (const record of records) {
    const run = runs.at(-1);
    if (run?.at(-1)?.sequence === record.sequence - 1) run.push(record);
    else runs.push([record]);
  }
  return runs;
}

function sliceOf(records: readonly FeedRecord[]): FeedSlice {
  return {
    first: records[0]?.sequence ?? 0,
    acceptedAt: Float64Array.from(records, ({ acceptedAt }) => acceptedAt),
    records: eventBatch(records.map(({ key, json }) => ({ key, json: json ?? '' }))),
  };
}
