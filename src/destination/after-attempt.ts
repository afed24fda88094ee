/** What a destination does after an attempt. Pure: the caller passes the clock and the random number. */

import type { Outcome } from './outgoing.ts';
import { retryDelayMs, type Timing } from './retry-schedule.ts';
import type { DestinationSettings } from './settings.ts';

/** The attempts at a batch so far, with the one that ended. */
export interface Tries {
  readonly attempts: number;
  /** When the first one began. Unix milliseconds. */
  readonly firstAt: number;
}

/** Why a batch is not tried again. */
export type GiveUpReason = 'max_attempts' | 'max_age' | 'too_large';

export type AfterAttempt =
  | { readonly next: 'settle' }
  /** The same batch again. Until then the receiver is left alone. Unix milliseconds. */
  | { readonly next: 'retry'; readonly at: number }
  /** So many of the events at once, and the others after them. */
  | { readonly next: 'split'; readonly count: number }
  | { readonly next: 'give_up'; readonly reason: GiveUpReason }
  /** The receiver wants nothing any more. */
  | { readonly next: 'pause' };

/** @param count events of the batch */
export function afterAttempt(
  outcome: Pick<Outcome, 'result' | 'retryAfterMs'>,
  count: number,
  { attempts, firstAt }: Tries,
  { maxAttempts, maxAgeMs }: Pick<DestinationSettings, 'maxAttempts' | 'maxAgeMs'>,
  delaysMs: Timing['retryDelaysMs'],
  now: number,
  random: number,
): AfterAttempt {
  switch (outcome.result) {
    case 'delivered':
      return { next: 'settle' };
    case 'gone':
      return { next: 'pause' };
    case 'too_large':
      return count > 1
        ? { next: 'split', count: Math.ceil(count / 2) }
        : { next: 'give_up', reason: 'too_large' };
    case 'failed': {
      if (attempts >= maxAttempts) return { next: 'give_up', reason: 'max_attempts' };
      if (now - firstAt >= maxAgeMs) return { next: 'give_up', reason: 'max_age' };
      const wait = retryDelayMs(delaysMs, attempts, random, outcome.retryAfterMs);
      // The last attempt is made when the age is reached, not hours after it.
      return { next: 'retry', at: Math.min(now + wait, Math.max(firstAt + maxAgeMs, now + 1)) };
    }
  }
}
