/** Asks a hub what is wrong with it, if the platform does not say why a call failed. */

import type { HubState } from './hub-contract.ts';
import { storageFailureOf } from './storage-failure.ts';

/** The first call may still reach the object that has failed, which the platform is about to replace. */
const ATTEMPTS = 2;

/** @returns the error that the hub knows; the same one if it knows none, or does not start */
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
      // This call reached the object that has failed.
    }
  }
  return error;
}
