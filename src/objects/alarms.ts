/**
 * The one alarm of an object, shared by all that has to happen at a time. An alarm that rings too early
 * costs little; so it is set for the earliest and never put off, and is written seldom.
 */

import { logError } from '../lib/log.ts';
import { MIN_JOB_BACKOFF_MS } from './limits.ts';

/** Something that has to be done at a time. */
export interface Chore {
  /** Unix milliseconds; Infinity where there is nothing to do. */
  nextDue(): number;
  /** Does what is due. */
  run(now: number): void | Promise<void>;
}

export class Alarms {
  readonly #storage: DurableObjectStorage;
  readonly #chores: readonly Chore[];
  /** For when it is set; Infinity for none, undefined until it was looked up. */
  #at: number | undefined;

  constructor(storage: DurableObjectStorage, chores: readonly Chore[]) {
    this.#storage = storage;
    this.#chores = chores;
  }

  /**
   * Sees to it that the alarm rings in time; to be called when something may have become due earlier.
   *
   * @param earliest before which it shall not ring: the platform takes no time before 1
   * @returns undefined where it is set early enough
   */
  arm(earliest = 1): Promise<void> | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const chore of this.#chores) next = Math.min(next, chore.nextDue());
    next = Math.max(next, earliest);
    const isSet = next === Number.POSITIVE_INFINITY || (this.#at !== undefined && this.#at <= next);
    return isSet ? undefined : this.#set(next);
  }

  async #set(next: number): Promise<void> {
    const known = this.#at ?? (await this.#storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    this.#at = Math.min(known, this.#at ?? known);
    if (this.#at <= next) return;
    this.#at = next;
    await this.#storage.setAlarm(next);
  }

  /** At the alarm. What fails is tried again when its chore says. */
  async ring(): Promise<void> {
    this.#at = Number.POSITIVE_INFINITY;
    let earliest = 1;
    for (const chore of this.#chores) {
      if (chore.nextDue() > Date.now()) continue;
      try {
        await chore.run(Date.now());
      } catch (error) {
        logError('what an alarm was set for failed', error);
        earliest = Date.now() + MIN_JOB_BACKOFF_MS;
      }
    }
    await this.arm(earliest);
  }
}
