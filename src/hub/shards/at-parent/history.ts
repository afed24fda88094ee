import { charactersOf } from '../../../objects/feed-slice.ts';
import type { HistoryPage } from '../../../objects/replica-contract.ts';
import type { ReplayThrottle } from '../../catch-up/replay-throttle.ts';
import { MAX_FEED_BYTES, MAX_FEED_EVENTS } from '../../limits.ts';
import type { FeedSource } from './feed-source.ts';

/** What replicas read counts as that of one owner: the subscribers of a hub share the rest, and who publishes waits for one page. */
export const REPLICAS = 'replicas';

/** Events for a replica whose subscribers lack more than it has: all that follow a sequence, within the limits. */
export async function historyAfter(
  source: FeedSource,
  throttle: ReplayThrottle,
  sequence: number,
  maxEvents: number,
  maxBytes: number,
): Promise<HistoryPage> {
  await throttle.affordableTurn(REPLICAS);
  await source.load(sequence);
  const { after, through, slices } = source.readPart(
    sequence,
    Math.min(maxEvents, MAX_FEED_EVENTS),
    Math.min(maxBytes, MAX_FEED_BYTES),
  );
  throttle.count(REPLICAS, charactersOf(slices));
  return { journal: source.facts, after, through, slices };
}
