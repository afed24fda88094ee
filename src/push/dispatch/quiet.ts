/**
 * The destinations that need not be woken for a while, because they have said so. What is new meanwhile is told them then. Only
 * in memory: a wake too many harms nobody.
 */

import { MAX_QUIET_MS, WAKE_SKEW_MS } from './limits.ts';

export class QuietDestinations {
  /** Until when, in Unix milliseconds, by name. */
  readonly #until = new Map<string, number>();
  #life = 0;

  /** Another number after each `clear`: what was answered before, and arrives later, does not count. */
  get life(): number {
    return this.#life;
  }

  /** When it is to be woken; undefined for now. */
  until(name: string, now: number): number | undefined {
    const until = this.#until.get(name);
    return until !== undefined && now < until ? until : undefined;
  }

  /**
   * A wake was answered.
   *
   * @param until when it wants to be woken again; undefined for at once
   * @param life before the wake
   */
  note(name: string, until: number | undefined, life: number, now: number): void {
    if (life !== this.#life) return;
    if (until === undefined) this.#until.delete(name);
    else this.#until.set(name, Math.min(until, now + MAX_QUIET_MS) - WAKE_SKEW_MS);
  }

  /** It is told something by which it may read again, or there is no such destination any more. */
  clear(name: string): void {
    this.#until.delete(name);
    this.#life++;
  }
}
