/**
 * A flag in storage while a delivery takes many turns. A hub that is stopped in the middle has its sockets when it
 * wakes, but does not know what each was sent. So it closes them, and each resumes from the journal when it
 * reconnects.
 */
export const IN_PROGRESS_KEY = 'delivery_in_progress';

export class InProgressFlag {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Whether the hub was stopped in the middle of a delivery. Read this when the hub wakes. */
  get isSet(): boolean {
    return this.#storage.kv.get(IN_PROGRESS_KEY) !== undefined;
  }

  /** Resolves when the flag is durable. */
  async set(): Promise<void> {
    this.#storage.kv.put(IN_PROGRESS_KEY, true);
    await this.#storage.sync();
  }

  clear(): void {
    this.#storage.kv.delete(IN_PROGRESS_KEY);
  }
}
