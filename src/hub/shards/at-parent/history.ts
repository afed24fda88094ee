import type { HistoryPage } from '../../../objects/replica-contract.ts';
import { MAX_FEED_BYTES, MAX_FEED_EVENTS } from '../../limits.ts';
import type { FeedSource } from './feed-source.ts';

/** Events for a replica whose subscribers lack more than it has: all that follow a sequence, within the limits. */
export async function historyAfter(
  source: FeedSource,
  sequence: number,
  maxEvents: number,
  maxBytes: number,
): Promise<HistoryPage> {
  await source.load(sequence);
  const { after, through, slices } = source.readPart(
    sequence,
    Math.min(maxEvents, MAX_FEED_EVENTS),
    Math.min(maxBytes, MAX_FEED_BYTES),
  );
  return { journal: source.facts, after, through, slices };
}
