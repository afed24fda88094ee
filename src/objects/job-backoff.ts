import { MIN_JOB_BACKOFF_MS } from './limits.ts';

/** Milliseconds before something that has failed is tried again: doubled with each failure before this one, up to a bound. */
export function jobBackoffMs(failuresBefore: number, maxMs: number): number {
  return Math.min(MIN_JOB_BACKOFF_MS * 2 ** failuresBefore, maxMs);
}
