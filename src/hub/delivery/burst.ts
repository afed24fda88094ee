/**
 * What a stock subscriber is sent at once. It acknowledges nothing and nothing shows whether it reads, so this
 * is bounded; whoever is due more is closed and comes back with the last id, which is the acknowledgement.
 */

import type { Encoding } from '../../wire/frame.ts';
import type { EventEntry } from '../journal/record.ts';
import { MAX_AMBIGUOUS_REPLAY_BYTES, MAX_REPLAY_BYTES } from '../limits.ts';

export interface Burst {
  readonly bytes: number;
  readonly last: EventEntry | undefined;
}

export const EMPTY_BURST: Burst = { bytes: 0, last: undefined };

/**
 * A burst with one more event. One that ends before it ends with an event whose id leads back to it: the
 * first of several with one id is what `since` finds.
 *
 * @param placeOfId the sequence that an id leads back to
 * @returns undefined where there is no room
 */
export function burstWith(
  { bytes, last }: Burst,
  event: EventEntry,
  encoding: Encoding,
  placeOfId: (id: string) => number | undefined,
): Burst | undefined {
  const total = bytes + event.frame.size(encoding);
  if (total > MAX_REPLAY_BYTES && last !== undefined) {
    const leadsBack = placeOfId(last.frame.event.id) === last.sequence;
    if (leadsBack || total > MAX_AMBIGUOUS_REPLAY_BYTES) return undefined;
  }
  return { bytes: total, last: event };
}
