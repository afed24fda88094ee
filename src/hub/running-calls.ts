/** Counts the calls that a hub answers at present. A hub that is emptied, or moves, waits until they have ended. */

import { MAX_VACATE_MS } from './limits.ts';

/** How often it looks. */
const CHECK_MS = 10;

export class RunningCalls {
  #count = 0;

  get areRunning(): boolean {
    return this.#count > 0;
  }

  begin(): void {
    this.#count++;
  }

  end(): void {
    this.#count--;
  }

  /** Waits until no call is running. @returns whether that was so in time */
  async ended(): Promise<boolean> {
    const deadline = Date.now() + MAX_VACATE_MS;
    while (this.#count > 0 && Date.now() <= deadline) await scheduler.wait(CHECK_MS);
    return this.#count === 0;
  }
}
