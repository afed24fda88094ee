/** A subscription that outlives its connections: it resumes after the last item that the program took. */
import { CarillonError } from './errors.ts';
import type { Item } from './event.ts';
import { ItemQueue } from './item-queue.ts';
import type { SubscribeOptions } from './options.ts';
import { Reconnection } from './reconnection.ts';
import type { SocketRuntime } from './runtime.ts';

export class ResumingSubscription {
  readonly #items: ItemQueue<Item>;
  readonly #reconnection: Reconnection;
  /** Aborted with the error that the subscription ends with. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal | undefined;
  #started = false;

  constructor(runtime: SocketRuntime, pattern: string, options: SubscribeOptions) {
    const { since, signal } = options;
    this.#signal = signal;
    this.#items = new ItemQueue(since instanceof Date ? since.toISOString() : since);
    this.#reconnection = new Reconnection(runtime, pattern, options, this.#items, this.#stop);
    // The program gets the error after the items that arrived before.
    this.#stop.signal.addEventListener('abort', () => this.#items.fail(this.#stop.signal.reason));
  }

  get cursor(): string | undefined {
    return this.#items.cursor;
  }

  opened(): Promise<void> {
    this.#start();
    return this.#reconnection.opened;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    this.#start();
    return this.#items.next();
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#started = true;
    this.#items.close();
    this.#stop.abort(new CarillonError('disconnected', 'the subscription was closed'));
    return { value: undefined, done: true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async close(): Promise<void> {
    await this.return();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const signal = this.#signal;
    const abort = () => {
      this.#items.abort(signal?.reason);
      this.#stop.abort(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { signal: this.#stop.signal });
    if (signal?.aborted) abort();
    else this.#reconnection.run().catch((error: unknown) => this.#stop.abort(error));
  }
}
