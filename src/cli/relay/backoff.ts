/** How long a relay waits before it retries. */
import type { BackoffBounds } from '../../client/backoff.ts';
import { RELAY_MAX_BACKOFF_MS, RELAY_MIN_BACKOFF_MS } from './limits.ts';

export const RELAY_BACKOFF: BackoffBounds = {
  leastMs: RELAY_MIN_BACKOFF_MS,
  firstMs: 2 * RELAY_MIN_BACKOFF_MS,
  mostMs: RELAY_MAX_BACKOFF_MS,
  isAfterServerWait: false,
};
