import { DEDUPLICATION_WINDOW_EVENTS } from '../limits.ts';
import { FINGERPRINT_BYTES } from './fingerprint.ts';

/** Bytes that are read to find an event by its id among so many, beyond those of the newest, which are in memory. */
export function bytesToSearchAmong(events: number): number {
  return Math.max(events - DEDUPLICATION_WINDOW_EVENTS, 0) * FINGERPRINT_BYTES;
}
