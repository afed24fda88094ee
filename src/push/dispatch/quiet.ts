/**
 * The destinations that need not be woken for a while, because they have said so. It holds for the hubs for which they were
 * woken: a destination does not know others. Only in memory: a wake too many harms nobody.
 */

import { MAX_QUIET_MS, WAKE_SKEW_MS } from './limits.ts';

/** Hubs that are remembered, counted once for each destination. With more, all is forgotten. */
const MAX_REMEMBERED_HUBS = 50_000;

interface Quietness {
  /** Unix milliseconds. */
  readonly until: number;
  readonly hubs: ReadonlySet<string>;
}

export class QuietDestinations {
  readonly #quiet = new Map<string, Quietness>();
  #hubs = 0;
  #life = 0;

  /** Another number after each `clear`: what was answered before, and arrives later, does not count. */
  get life(): number {
    return this.#life;
  }

  isQuiet(name: string, hub: string, now: number): boolean {
    const quiet = this.#quiet.get(name);
    return quiet !== undefined && now < quiet.until && quiet.hubs.has(hub);
  }

  /**
   * A wake was answered.
   *
   * @param until when it wants to be woken again; undefined for at once
   * @param life before the wake
   */
  note(
    name: string,
    hubs: readonly string[],
    until: number | undefined,
    life: number,
    now: number,
  ): void {
    if (life !== this.#life) return;
    const known = this.#quiet.get(name)?.hubs ?? [];
    this.#drop(name);
    if (until === undefined) return;
    if (this.#hubs > MAX_REMEMBERED_HUBS) this.#dropAll();
    const quiet = {
      until: Math.min(until, now + MAX_QUIET_MS) - WAKE_SKEW_MS,
      hubs: new Set([...known, ...hubs]),
    };
    this.#quiet.set(name, quiet);
    this.#hubs += quiet.hubs.size;
  }

  /** It is told something by which it may read again, or there is no such destination any more. */
  clear(name: string): void {
    this.#drop(name);
    this.#life++;
  }

  #drop(name: string): void {
    this.#hubs -= this.#quiet.get(name)?.hubs.size ?? 0;
    this.#quiet.delete(name);
  }

  #dropAll(): void {
    this.#quiet.clear();
    this.#hubs = 0;
  }
}
