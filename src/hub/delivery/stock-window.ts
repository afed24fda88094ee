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
 * @param leadsBack whether the id of an event leads back to it
 * @returns undefined if the window has no room
 */
export function addToWindow(
  { bytes, last }: StockWindow,
  event: EventEntry,
  encoding: Encoding,
  leadsBack: (event: EventEntry) => boolean,
): StockWindow | undefined {
  const total = bytes + event.frame.size(encoding);
  if (total > MAX_REPLAY_BYTES && last !== undefined) {
    if (total > MAX_AMBIGUOUS_REPLAY_BYTES || leadsBack(last)) return undefined;
  }
  return { bytes: total, last: event };
}
