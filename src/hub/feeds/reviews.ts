/**
 * Asks each hub once whether it is needed that registered when a subscriber was reason enough to. One that is
 * not goes, and gives its place back.
 */

import { logError } from '../../lib/log.ts';
import type { AlarmTask } from '../../objects/alarms.ts';
import { storageFailureOf } from '../../objects/storage-failure.ts';
import { MAX_REVIEWED_HUBS, RELEASE_RETRY_MS } from '../limits.ts';
import type { Registry } from './registry.ts';

export class Reviews implements AlarmTask {
  readonly #registry: Registry;
  readonly #isThere: (hub: string) => Promise<boolean>;
  readonly #forget: (hub: string) => void;
  /** Undefined until it was looked up. */
  #nextAt: number | undefined;

  /**
   * @param isThere asks a hub
   * @param forget is told of each of which nothing is stored
   */
  constructor(
    registry: Registry,
    isThere: (hub: string) => Promise<boolean>,
    forget: (hub: string) => void,
  ) {
    this.#registry = registry;
    this.#isThere = isThere;
    this.#forget = forget;
  }

  nextDue(): number {
    this.#nextAt ??= this.#registry.unreviewed(1).length > 0 ? 0 : Number.POSITIVE_INFINITY;
    return this.#nextAt;
  }

  async run(now: number): Promise<void> {
    const hubs = this.#registry.unreviewed(MAX_REVIEWED_HUBS);
    const done = await Promise.all(hubs.map((hub) => this.#review(hub)));
    this.#nextAt = done.includes(false) ? now + RELEASE_RETRY_MS : undefined;
  }

  /** @returns false where it has to be asked again */
  async #review(hub: string): Promise<boolean> {
    try {
      if (await this.#isThere(hub)) this.#registry.reviewed(hub);
      else this.#forget(hub);
      return true;
    } catch (error) {
      logError(`the hub ${hub} does not say whether it is needed`, error);
      const isBroken = storageFailureOf(error) !== undefined;
      if (isBroken) this.#registry.reviewed(hub);
      return isBroken;
    }
  }
}
