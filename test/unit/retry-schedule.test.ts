import { expect, it } from 'vitest';
import { afterAttempt } from '../../src/destination/after-attempt.ts';
import { MAX_RETRY_AFTER_MS } from '../../src/destination/limits.ts';
import { RETRY_DELAYS_MS, retryDelayMs } from '../../src/destination/retry-schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const settings = { maxAttempts: 20, maxAgeMs: 24 * HOUR };

/** Without jitter. */
const delayAfter = (failures: number, retryAfterMs?: number) =>
  retryDelayMs(RETRY_DELAYS_MS, failures, 0.5, retryAfterMs);

it('waits longer after each failure, and then always four hours', () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100].map((failures) => delayAfter(failures));
  expect(delays.map((ms) => ms / 1000)).toEqual([
    10, 30, 60, 300, 900, 1800, 3600, 7200, 14_400, 14_400, 14_400,
  ]);
});

it('spreads the attempts by a fifth in both directions', () => {
  expect(retryDelayMs(RETRY_DELAYS_MS, 3, 0)).toBe(48_000);
  expect(retryDelayMs(RETRY_DELAYS_MS, 3, 0.999_999_9)).toBe(72_000);
});

it('waits as long as the receiver asks, but not for days', () => {
  expect(delayAfter(1, 90_000)).toBe(90_000);
  expect(delayAfter(3, 1000)).toBe(MINUTE);
  expect(delayAfter(1, 365 * 24 * HOUR)).toBe(MAX_RETRY_AFTER_MS);
  expect(delayAfter(1, Number.POSITIVE_INFINITY)).toBe(MAX_RETRY_AFTER_MS);
});

type Given = Parameters<typeof afterAttempt>;

const after = (
  outcome: Given[0],
  { count = 1, attempts = 1, firstAt = 0, now = 1000 } = {},
): ReturnType<typeof afterAttempt> =>
  afterAttempt(outcome, count, { attempts, firstAt }, settings, RETRY_DELAYS_MS, now, 0.5);

it('settles what was delivered, also with the last attempt', () => {
  expect(after({ result: 'delivered' }, { attempts: 20 })).toEqual({ next: 'settle' });
});

it('tries what failed again', () => {
  expect(after({ result: 'failed' })).toEqual({ next: 'retry', at: 11_000 });
  expect(after({ result: 'failed', retryAfterMs: MINUTE })).toEqual({ next: 'retry', at: 61_000 });
});

it('gives up after the last attempt', () => {
  expect(after({ result: 'failed' }, { attempts: 19 }).next).toBe('retry');
  const last = after({ result: 'failed' }, { attempts: 20 });
  expect(last).toEqual({ next: 'give_up', reason: 'max_attempts' });
});

it('gives up when the batch is too old, and makes the last attempt at that age', () => {
  const late = { firstAt: 0, now: 23 * HOUR, attempts: 9 };
  expect(after({ result: 'failed' }, late)).toEqual({ next: 'retry', at: 24 * HOUR });
  const old = { ...late, now: 24 * HOUR, attempts: 10 };
  expect(after({ result: 'failed' }, old)).toEqual({ next: 'give_up', reason: 'max_age' });
});

it('halves a batch that is too large, down to one event, which it gives up at once', () => {
  expect(after({ result: 'too_large' }, { count: 100 })).toEqual({ next: 'split', count: 50 });
  expect(after({ result: 'too_large' }, { count: 3 })).toEqual({ next: 'split', count: 2 });
  expect(after({ result: 'too_large' }, { count: 2 })).toEqual({ next: 'split', count: 1 });
  const alone = after({ result: 'too_large' }, { count: 1 });
  expect(alone).toEqual({ next: 'give_up', reason: 'too_large' });
});

it('pauses if the receiver wants nothing any more, whatever the attempt', () => {
  expect(after({ result: 'gone' }, { attempts: 20 })).toEqual({ next: 'pause' });
});
