/** How long to wait before the next attempt. */
import { MAX_BACKOFF_MS, MAX_SERVER_WAIT_MS, MIN_BACKOFF_MS } from './bounds.ts';

/**
 * A random wait up to a bound that doubles with each failure ("full jitter"), lest all that were cut off
 * together come back together; after what the server asked for, where it did.
 *
 * @param failures in a row before this one
 * @param random in [0, 1)
 */
export function backoff(failures: number, random: number, serverWait = 0): number {
  const bound = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** failures);
  return Math.min(Math.max(serverWait, 0), MAX_SERVER_WAIT_MS) + Math.floor(random * bound);
}

/** Milliseconds of a `Retry-After` header. A date, which some proxies send, is left to the back-off. */
export function retryAfterMs(header: string | null): number {
  return /^\d+$/.test(header?.trim() ?? '') ? Number(header) * 1000 : 0;
}
