/** Items between the connection and the program: those that the program has not taken yet, or the calls that wait. */

interface Queued<T> {
  readonly item: T;
  /** Called when the program has processed the item, that is when it asks for the next one. */
  readonly done: () => void;
}

interface Call<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

export class ItemQueue<T extends { readonly cursor: string }> {
  /** The position after the last item that the program took. */
  cursor: string | undefined;
  #queued: Queued<T>[] = [];
  #calls: Call<T>[] = [];
  /** The `done` of the last item that the program took. */
  #done: () => void = () => undefined;
  #end: { readonly error: unknown } | 'closed' | undefined;
  #wake: () => void = () => undefined;

  constructor(cursor: string | undefined) {
    this.cursor = cursor;
  }

  /** Whether the program waits for an item. */
  get isAwaited(): boolean {
    return this.#calls.length > 0;
  }

  put(item: T, done: () => void): void {
    if (this.#end !== undefined) return;
    this.#queued.push({ item, done });
    this.#deliver();
  }

  /** Drops the items that the program did not take. The next connection begins with them. */
  restart(): void {
    this.#queued = [];
    this.#done = () => undefined;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.#done();
    this.#done = () => undefined;
    return new Promise((resolve, reject) => {
      this.#calls.push({ resolve, reject });
      this.#deliver();
      this.#wake();
    });
  }

  /** Resolves once the program waits for an item, or the queue has ended. */
  awaited(): Promise<void> {
    if (this.isAwaited || this.#end !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Fails with the error once the program has taken the items. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#deliver();
    this.#wake();
  }

  /** Fails with the error at once. */
  abort(error: unknown): void {
    this.restart();
    this.fail(error);
  }

  close(): void {
    this.restart();
    this.#end = 'closed';
    this.#deliver();
    this.#wake();
  }

  #deliver(): void {
    for (let call = this.#calls[0]; call !== undefined; call = this.#calls[0]) {
      const queued = this.#queued.shift();
      if (queued !== undefined) {
        this.cursor = queued.item.cursor;
        this.#done = queued.done;
        call.resolve({ value: queued.item, done: false });
      } else if (this.#end === undefined) {
        return;
      } else if (this.#end === 'closed') {
        call.resolve({ value: undefined, done: true });
      } else {
        call.reject(this.#end.error);
        // An iterator fails once. After that it is done.
        this.#end = 'closed';
      }
      this.#calls.shift();
    }
  }
}
