/**
 * What a stock subscriber is sent at once. It acknowledges nothing, and nothing shows whether it reads, so this is
 * bounded. A subscriber that is to get more is closed and reconnects with the last id, which is its acknowledgement.
 */

import type { Encoding } from '../../wire/frame.ts';
import type { EventEntry } from '../journal/record.ts';
import { MAX_AMBIGUOUS_REPLAY_BYTES, MAX_REPLAY_BYTES } from '../limits.ts';

export interface StockWindow {
  readonly bytes: number;
  readonly last: EventEntry | undefined;
}

export const EMPTY_WINDOW: StockWindow = { bytes: 0, last: undefined };

/**
 * Adds an event. A window is only closed after an event whose id leads back to it: if several events have the same id,
 * `since` finds the oldest.
 *
 * @param sequenceOfId the sequence that an id leads back to
 * @returns undefined if the window has no room
 */
export function addToWindow(
  { bytes, last }: StockWindow,
  event: EventEntry,
  encoding: Encoding,
  sequenceOfId: (id: string) => number | undefined,
): StockWindow | undefined {
  const total = bytes + event.frame.size(encoding);
  if (total > MAX_REPLAY_BYTES && last !== undefined) {
    const leadsBack = sequenceOfId(last.frame.event.id) === last.sequence;
    if (leadsBack || total > MAX_AMBIGUOUS_REPLAY_BYTES) return undefined;
  }
  return { bytes: total, last: event };
}
