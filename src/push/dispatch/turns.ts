/** What is done with one destination is done one after the other. */

import { KeyedQueue } from '../../lib/keyed-queue.ts';

export class Turns {
  readonly #queue = new KeyedQueue();
  readonly #running = new Set<Promise<unknown>>();
  #count = 0;

  /** Runs when everything before has ended that was done with this name. */
  async take<T>(name: string, task: () => Promise<T>): Promise<T> {
    let result: Promise<T> | undefined;
    const turn = this.#queue.enqueue(name, String(this.#count++), async () => {
      result = task();
      await result;
    });
    this.#running.add(turn);
    try {
      await turn;
      return await (result as Promise<T>);
    } finally {
      this.#running.delete(turn);
    }
  }

  /** Resolves when what runs or waits has ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
