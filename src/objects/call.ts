/** Calls between a Worker and Durable Objects, and among these. */
import { MAX_CALL_ATTEMPTS, MAX_CALL_BACKOFF_MS } from './limits.ts';
import { failureAt } from './storage-failure.ts';

/**
 * Calls a Durable Object, again where the platform says that the failure is safe to repeat. Never
 * where it says that the object is overloaded: more calls are what it cannot take.
 *
 * @param call gets its stub anew each time: one that has failed may go on failing without a call
 * @param object what is called, where a failure of its storage may be shown to people
 * @throws the last failure
 */
export async function callWithRetry<T>(call: () => Promise<T>, object?: string): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
      if (attempt === MAX_CALL_ATTEMPTS || retryable !== true || overloaded === true) {
        throw object === undefined ? error : failureAt(object, error);
      }
      await scheduler.wait(Math.random() * MAX_CALL_BACKOFF_MS);
    }
  }
}
