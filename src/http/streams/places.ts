/** How many streams this isolate has open. */
import { MAX_STREAM_SECONDS, MAX_STREAMS } from '../../limits.ts';

/** When each that is open has to have ended. */
const open = new Map<symbol, number>();

/**
 * Takes the place of one more stream. The runtime can end a request without a word to its code; a place
 * that nobody gave back is free when its stream would have ended.
 *
 * @returns what gives it back; undefined where all are taken
 */
export function takePlace(now: number): (() => void) | undefined {
  if (open.size >= MAX_STREAMS) {
    for (const [place, endsAt] of open) if (endsAt <= now) open.delete(place);
  }
  if (open.size >= MAX_STREAMS) return undefined;
  const place = Symbol();
  open.set(place, now + MAX_STREAM_SECONDS * 1000);
  return () => {
    open.delete(place);
  };
}
