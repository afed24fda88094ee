/** When a destination tries again. Pure: the caller passes the clock and the random number. */

import { MAX_RETRY_AFTER_MS } from './limits.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long a destination waits. A test, or a measurement, passes shorter times. */
export interface Timing {
  /** The wait after the first failure of a batch, after the second, and so on. The last one repeats. */
  readonly retryDelaysMs: readonly number[];
  /** How long the receiver has to answer. */
  readonly answerTimeoutMs: number;
}

export const RETRY_DELAYS_MS: Timing['retryDelaysMs'] = [
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
];

/** Destinations of one receiver that failed at the same time do not all come back at the same time. */
const JITTER = 0.2;

/**
 * How long to wait before the next attempt.
 *
 * @param failures of the batch so far, 1 or more
 * @param random at least 0 and below 1
 * @param retryAfterMs what the receiver asked for: it is given as much, up to a bound
 */
export function retryDelayMs(
  delaysMs: Timing['retryDelaysMs'],
  failures: number,
  random: number,
  retryAfterMs = 0,
): number {
  const delay = delaysMs[Math.min(failures, delaysMs.length) - 1] ?? 0;
  const jittered = Math.round(delay * (1 + JITTER * (2 * random - 1)));
  return Math.max(jittered, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}
