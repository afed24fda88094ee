/** Whom the destination could not ask, and until when it asks nobody of them again. In memory only. */

import { MAX_HOLD_MS, MIN_HOLD_MS } from './limits.ts';

interface Hold {
  /** Unix milliseconds. */
  readonly until: number;
  readonly waitMs: number;
  readonly message: string;
}

export class Holds {
  readonly #holds = new Map<string, Hold>();

  /** Why something waits: the last reason. */
  get message(): string | undefined {
    return [...this.#holds.values()].at(-1)?.message;
  }

  /** Until when somebody is not asked; 0 if they may be. Unix milliseconds. */
  until(whom: string): number {
    return this.#holds.get(whom)?.until ?? 0;
  }

  failed(whom: string, message: string, now: number): void {
    const before = this.#holds.get(whom)?.waitMs ?? 0;
    const waitMs = Math.min(Math.max(2 * before, MIN_HOLD_MS), MAX_HOLD_MS);
    this.#holds.delete(whom);
    this.#holds.set(whom, { until: now + waitMs, waitMs, message });
  }

  answered(whom: string): void {
    this.#holds.delete(whom);
  }

  clear(): void {
    this.#holds.clear();
  }
}
