/** How long a relay waits before it tries again. Pure. */
import { MAX_SERVER_WAIT_MS } from '../../client/bounds.ts';
import { RELAY_MAX_BACKOFF_MS, RELAY_MIN_BACKOFF_MS } from './limits.ts';

/**
 * A random wait between a second and a bound that doubles with each failure, lest all that were cut off
 * together come back together; never less than the server asks for.
 *
 * @param failures in a row before this one
 * @param random in [0, 1)
 */
export function relayBackoff(failures: number, random: number, serverWaitMs = 0): number {
  const bound = Math.min(RELAY_MAX_BACKOFF_MS, RELAY_MIN_BACKOFF_MS * 2 ** (failures + 1));
  const wait = RELAY_MIN_BACKOFF_MS + Math.floor(random * (bound - RELAY_MIN_BACKOFF_MS));
  return Math.max(wait, Math.min(serverWaitMs, MAX_SERVER_WAIT_MS));
}
