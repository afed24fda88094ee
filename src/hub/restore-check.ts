/** Finds out, once for each start of a hub, whether its storage was restored. Calls that come meanwhile wait. */

import type { Generation } from '../objects/generation.ts';

export class RestoreCheck {
  readonly #generation: Generation;
  readonly #renew: () => void;
  #isDone = false;
  #running: Promise<void> | undefined;

  /** @param renew makes a restored storage true again */
  constructor(generation: Generation, renew: () => void) {
    this.#generation = generation;
    this.#renew = renew;
  }

  /** Whether the storage was not restored, or was made true again since. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** A check in the last minutes, which the storage remembers, is good enough. */
  begin(): void {
    this.#isDone = this.#generation.isConfirmed;
  }

  /** The storage was deleted, and with it what it remembered. */
  forget(): void {
    this.#isDone = false;
  }

  /** @throws if nobody knows whether the storage was restored */
  async confirm(): Promise<void> {
    this.#running ??= this.#once().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #once(): Promise<void> {
    await this.#generation.confirm(this.#renew);
    this.#isDone = true;
  }
}
