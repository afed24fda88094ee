/**
 * A mark in storage while a delivery takes several turns. A hub that is stopped in the middle has its sockets
 * when it awakes, but does not know which of them were sent what. So it closes them: the events are in the
 * journal, and whoever comes back is sent them from where it was.
 */
const KEY = 'delivering';

export class DeliveryMark {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Whether the hub was stopped in the middle of a delivery: to be asked when it awakes. */
  get isSet(): boolean {
    return this.#storage.kv.get(KEY) !== undefined;
  }

  /** Resolves when that is durable. */
  async set(): Promise<void> {
    this.#storage.kv.put(KEY, true);
    await this.#storage.sync();
  }

  clear(): void {
    this.#storage.kv.delete(KEY);
  }
}
