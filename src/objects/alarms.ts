/**
 * The one alarm of an object, shared by all tasks that have to run at a time. An alarm that rings early costs little,
 * so it is set for the earliest task, never moved to a later time, and seldom written.
 */

import { logError } from '../lib/log.ts';
import { MIN_JOB_BACKOFF_MS } from './limits.ts';

/** Something that has to run at a time. */
export interface AlarmTask {
  /** Unix milliseconds; Infinity if there is nothing to do. */
  nextDue(): number;
  /** Does what is due. */
  run(now: number): void | Promise<void>;
}

export class Alarms {
  readonly #ctx: DurableObjectState;
  readonly #tasks: AlarmTask[] = [];
  /** When the alarm rings; Infinity if none is set, undefined until it was looked up. */
  #at: number | undefined;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Adds tasks. They run in the order in which they were added. */
  add(...tasks: readonly AlarmTask[]): void {
    this.#tasks.push(...tasks);
  }

  /**
   * Sets the alarm if a task is due before it rings. Call this when a task may have become due earlier. The write belongs
   * to the turn of the caller, and the object stays awake until it is durable.
   *
   * @param earliest the alarm does not ring before this time; the platform takes no time before 1
   * @returns resolves when the alarm is set; undefined if it is set early enough already
   */
  arm(earliest = 1): Promise<void> | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const task of this.#tasks) next = Math.min(next, task.nextDue());
    next = Math.max(next, earliest);
    const isSet = next === Number.POSITIVE_INFINITY || (this.#at !== undefined && this.#at <= next);
    if (isSet) return undefined;
    const armed = this.#set(next);
    this.#ctx.waitUntil(armed);
    return armed;
  }

  async #set(next: number): Promise<void> {
    const { storage } = this.#ctx;
    const known = this.#at ?? (await storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    this.#at = Math.min(known, this.#at ?? known);
    if (this.#at <= next) return;
    this.#at = next;
    await storage.setAlarm(next);
  }

  /** Runs the tasks that are due, and sets the alarm for those that follow. A task that fails is tried again. */
  async ring(): Promise<void> {
    this.#at = Number.POSITIVE_INFINITY;
    let earliest = 1;
    for (const task of this.#tasks) {
      if (task.nextDue() > Date.now()) continue;
      try {
        await task.run(Date.now());
      } catch (error) {
        logError('what an alarm was set for failed', error);
        earliest = Date.now() + MIN_JOB_BACKOFF_MS;
      }
    }
    await this.arm(earliest);
  }
}
