/** Finds out what is wrong with a hub, if the platform does not say why a call failed. */

import { storageFailureOf } from './storage-failure.ts';
import { callSubscriberHub } from './stubs.ts';

/** The first call may still reach the object that has failed, which the platform is about to replace. */
const ATTEMPTS = 2;

/**
 * @param name of a hub of either kind
 * @returns the error that the hub knows; the same one if it knows none, or does not start
 */
export async function diagnosed(error: unknown, env: Env, name: string): Promise<unknown> {
  if (storageFailureOf(error) !== 'unusable') return error;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const { problem } = await callSubscriberHub(env, name, (hub) => hub.state());
      return problem === undefined ? error : new Error(problem);
    } catch {
      // This call reached the object that has failed.
    }
  }
  return error;
}
