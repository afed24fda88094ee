/** Asks a hub what is wrong with it, where the platform keeps to itself why a call failed. */

import type { HubState } from './hub-contract.ts';
import { storageFailureOf } from './storage-failure.ts';

/** The first may meet the object that has failed, which the platform is about to replace. */
const ATTEMPTS = 2;

/** @returns the error to go by: the same one where the hub knows of nothing, or does not start */
export async function diagnosed(
  error: unknown,
  hub: { state(): Promise<HubState> },
): Promise<unknown> {
  if (storageFailureOf(error) !== 'unusable') return error;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const { problem } = await hub.state();
      return problem === undefined ? error : new Error(problem);
    } catch {
      // It is still the object that failed.
    }
  }
  return error;
}
