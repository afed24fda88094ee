/** Between the connection and the program: what has come and is not taken yet, and who waits for it. */

/** What comes, and what is called once the program has done with it, which is when it asks for the next. */
interface Waiting<T> {
  readonly item: T;
  readonly done: () => void;
}

interface Asking<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

export class ItemQueue<T extends { readonly cursor: string }> {
  /** The place after the last item that was taken. */
  place: string | undefined;
  #waiting: Waiting<T>[] = [];
  #asking: Asking<T>[] = [];
  /** Ends the work on the last item that was taken. */
  #done: () => void = () => undefined;
  #end: { readonly error: unknown } | 'closed' | undefined;
  #asked: () => void = () => undefined;

  constructor(place: string | undefined) {
    this.place = place;
  }

  /** Whether the program waits for an item. */
  get isAsked(): boolean {
    return this.#asking.length > 0;
  }

  put(item: T, done: () => void): void {
    if (this.#end !== undefined) return;
    this.#waiting.push({ item, done });
    this.#hand();
  }

  /** Drops what was not taken: it comes again, from where the program is. */
  restart(): void {
    this.#waiting = [];
    this.#done = () => undefined;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.#done();
    this.#done = () => undefined;
    return new Promise((resolve, reject) => {
      this.#asking.push({ resolve, reject });
      this.#hand();
      this.#asked();
    });
  }

  /** Resolves once the program waits for an item, or it has ended. */
  asked(): Promise<void> {
    if (this.isAsked || this.#end !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#asked = resolve;
    });
  }

  /** Fails with the error, once what has come is taken. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#hand();
    this.#asked();
  }

  /** Fails with the error at once. */
  abort(error: unknown): void {
    this.restart();
    this.fail(error);
  }

  close(): void {
    this.restart();
    this.#end = 'closed';
    this.#hand();
    this.#asked();
  }

  #hand(): void {
    for (let asking = this.#asking[0]; asking !== undefined; asking = this.#asking[0]) {
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) {
        this.place = waiting.item.cursor;
        this.#done = waiting.done;
        asking.resolve({ value: waiting.item, done: false });
      } else if (this.#end === undefined) {
        return;
      } else if (this.#end === 'closed') {
        asking.resolve({ value: undefined, done: true });
      } else {
        asking.reject(this.#end.error);
        // As of every iterator: it fails once, and is at its end.
        this.#end = 'closed';
      }
      this.#asking.shift();
    }
  }
}
