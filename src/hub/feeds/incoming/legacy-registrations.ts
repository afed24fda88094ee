/**
 * Checks each hub once that registered under the rule of an earlier release, when a subscriber was reason enough. A hub
 * that is not needed deletes everything and leaves its slot.
 */

import { logError } from '../../../lib/log.ts';
import type { AlarmTask } from '../../../objects/alarms.ts';
import { storageFailureOf } from '../../../objects/storage-failure.ts';
import { callHub } from '../../../objects/stubs.ts';
import { MAX_LEGACY_CHECKS, RELEASE_RETRY_MS } from '../../limits.ts';
import type { HubRegistry } from './hub-registry.ts';
import type { Registrations } from './registrations.ts';

export class LegacyRegistrations implements AlarmTask {
  readonly #env: Env;
  readonly #registry: HubRegistry;
  readonly #registrations: Registrations;
  /** Undefined until it was looked up. */
  #nextAt: number | undefined;

  constructor(env: Env, registry: HubRegistry, registrations: Registrations) {
    this.#env = env;
    this.#registry = registry;
    this.#registrations = registrations;
  }

  nextDue(): number {
    this.#nextAt ??= this.#registry.legacy(1).length > 0 ? 0 : Number.POSITIVE_INFINITY;
    return this.#nextAt;
  }

  async run(now: number): Promise<void> {
    const hubs = this.#registry.legacy(MAX_LEGACY_CHECKS);
    const done = await Promise.all(hubs.map((hub) => this.#check(hub)));
    this.#nextAt = done.includes(false) ? now + RELEASE_RETRY_MS : undefined;
  }

  /** @returns false if the hub has to be asked again */
  async #check(hub: string): Promise<boolean> {
    try {
      if (await callHub(this.#env, hub, (stub) => stub.isNeeded())) this.#registry.keepLegacy(hub);
      else this.#registrations.unregister(hub);
      return true;
    } catch (error) {
      logError(`the hub ${hub} does not say whether it is needed`, error);
      const isBroken = storageFailureOf(error) !== undefined;
      if (isBroken) this.#registry.keepLegacy(hub);
      return isBroken;
    }
  }
}
