/** Calls from a Worker or a Durable Object to a Durable Object. */

import { MAX_CALL_ATTEMPTS, MAX_CALL_BACKOFF_MS, MAX_CONCURRENT_CALLS } from './limits.ts';
import { failureAt, messageOf } from './storage-failure.ts';

/**
 * Calls a Durable Object. Repeats the call if the platform says that this is safe, but never if the object is
 * overloaded, because more calls make that worse.
 *
 * @param call uses a new stub each time: one that threw may stay broken
 * @param object what is called, if a failure of its storage may be shown to people
 * @throws the last failure
 */
export async function callWithRetry<T>(call: () => Promise<T>, object?: string): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await call();
      // An object that answers with what it was answered would stay awake, with the other, until its caller disposes of it.
      if (answer instanceof Object) Reflect.deleteProperty(answer, Symbol.dispose);
      return answer;
    } catch (error) {
      const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
      if (attempt === MAX_CALL_ATTEMPTS || retryable !== true || overloaded === true) {
        throw object === undefined ? error : failureAt(object, error);
      }
      await scheduler.wait(Math.random() * MAX_CALL_BACKOFF_MS);
    }
  }
}

/** Whether an object is of a release that has no such method. The platform says it in these words. */
export function isMethodMissing(error: unknown): boolean {
  return /does not implement the method "/.test(messageOf(error));
}

/** Calls several objects, a limited number at a time. @returns the answers in the order of the names */
export async function callEach<T>(
  names: readonly string[],
  call: (name: string) => Promise<T>,
): Promise<T[]> {
  const answers: T[] = [];
  for (let next = 0; next < names.length; next += MAX_CONCURRENT_CALLS) {
    const group = names.slice(next, next + MAX_CONCURRENT_CALLS).map(call);
    for (const answer of await Promise.all(group)) answers.push(answer);
  }
  return answers;
}
