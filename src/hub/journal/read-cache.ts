/**
 * What was read last, of all journals of this isolate: segments, and pages that replicas fetched. Subscribers that reconnect
 * together read the same.
 */
import { LruCache } from '../../lib/caches.ts';
import { MAX_CACHED_SEGMENT_BYTES } from '../limits.ts';

/** About what it takes in memory. */
interface Cached {
  readonly memoryBytes: number;
}

export const readCache = new LruCache<Cached>(
  MAX_CACHED_SEGMENT_BYTES,
  ({ memoryBytes }) => memoryBytes,
);
let journals = 0;

/** Tells what is of one journal from what is of others. */
export function nextCacheNumber(): number {
  return journals++;
}
