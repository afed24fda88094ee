/** Runs tasks with the same key one after the other, whether the earlier ones succeed or fail. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<void>>();
  /** Tasks that have not started yet, by kind and key. */
  readonly #waiting = new Map<string, Promise<void>>();

  /** Whether a task with the key is running or waiting. */
  has(key: string): boolean {
    return this.#last.has(key);
  }

  /** Enqueues a task, or returns the task of the same kind that is still waiting: it will do the work of both. */
  enqueue(key: string, kind: string, task: () => Promise<void>): Promise<void> {
    const kindAndKey = `${kind} ${key}`;
    const waiting = this.#waiting.get(kindAndKey);
    if (waiting !== undefined) return waiting;
    const start = () => {
      this.#waiting.delete(kindAndKey);
      return task();
    };
    const done = (this.#last.get(key) ?? Promise.resolve()).then(start, start);
    this.#waiting.set(kindAndKey, done);
    this.#last.set(key, done);
    const forget = () => {
      if (this.#last.get(key) === done) this.#last.delete(key);
    };
    done.then(forget, forget);
    return done;
  }
}
