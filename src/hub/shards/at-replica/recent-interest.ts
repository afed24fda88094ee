/**
 * What subscribers of a replica wanted that have left. For a while the replica goes on wanting it, so that those who reconnect
 * find their events here. It is only in memory: without it, they are given what they missed from the history of the parent.
 */

import type { Alarms, AlarmTask } from '../../../objects/alarms.ts';
import type { Wanted } from '../../../subscription/interest.ts';
import { MAX_INTERESTS } from '../../../subscription/limits.ts';
import { INTEREST_MS } from '../../limits.ts';
import type { FormerSubscriptions } from '../../subscribers/former-subscriptions.ts';

interface Recent {
  readonly wanted: Wanted;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

export class RecentInterest implements FormerSubscriptions, AlarmTask {
  readonly #alarms: Pick<Alarms, 'arm'>;
  /** By what they want, that of the last subscriber to leave last. */
  readonly #recent = new Map<string, Recent>();
  #changes = 0;

  constructor(alarms: Pick<Alarms, 'arm'>) {
    this.#alarms = alarms;
  }

  /** How often it has changed. */
  get changes(): number {
    return this.#changes;
  }

  get isEmpty(): boolean {
    return this.#recent.size === 0;
  }

  add({ pattern, namespaces }: Wanted, now: number): void {
    const key = JSON.stringify([pattern, namespaces]);
    if (!this.#recent.delete(key)) this.#changes++;
    this.#recent.set(key, { wanted: { pattern, namespaces }, expiresAt: now + INTEREST_MS });
    const [oldest] = this.#recent.keys();
    // With one too many, everything is wanted until they expire, so further ones change nothing.
    if (this.#recent.size > MAX_INTERESTS + 1 && oldest !== undefined) this.#recent.delete(oldest);
    this.#alarms.arm();
  }

  all(): Wanted[] {
    return [...this.#recent.values()].map(({ wanted }) => wanted);
  }

  clear(): void {
    this.#recent.clear();
    this.#changes++;
  }

  nextDue(): number {
    const [first] = this.#recent.values();
    return first?.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  run(now: number): void {
    for (const [key, { expiresAt }] of this.#recent) {
      if (expiresAt > now) return;
      this.#recent.delete(key);
      this.#changes++;
    }
  }
}
