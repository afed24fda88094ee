/** A subscription that outlives its connections: it resumes after the last item that the program took. */
import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { Acks } from './acks.ts';
import { attempt } from './attempt.ts';
import { Backoff, CLIENT_BACKOFF } from './backoff.ts';
import { clientCodec } from './codec.ts';
import { type Delivery, type Hello, malformed, type Send } from './dialects.ts';
import type { End } from './end.ts';
import { CarillonError } from './errors.ts';
import { type Item, receivedEvent } from './event.ts';
import { ItemQueue } from './item-queue.ts';
import { type ConnectionState, resolveServer, type SubscribeOptions } from './options.ts';
import type { Outcome } from './outcome.ts';
import type { SocketRuntime } from './runtime.ts';
import { sleep } from './sleep.ts';

export class ResumingSubscription {
  readonly #runtime: SocketRuntime;
  readonly #pattern: string;
  readonly #options: SubscribeOptions;
  readonly #items: ItemQueue<Item>;
  readonly #backoff: Backoff;
  /** Ends a request, a connection or a wait. */
  readonly #stop = new AbortController();
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  #failToOpen: (error: unknown) => void = () => undefined;
  #started = false;
  /** When the hello of the last attempt arrived, by the runtime's clock. Undefined if none did. */
  #greetedAt: number | undefined;
  #everGreeted = false;
  /** Whether the server rejected the cursor: its storage is another one. */
  #cursorLost = false;
  #acks: Acks | undefined;
  /** The token that was refused last, and the error to end with if there is no other token. */
  #refused: { readonly token: string; readonly error: CarillonError } | undefined;
  #token = '';

  constructor(runtime: SocketRuntime, pattern: string, options: SubscribeOptions) {
    this.#runtime = runtime;
    this.#pattern = pattern;
    this.#options = options;
    const { since } = options;
    this.#items = new ItemQueue(since instanceof Date ? since.toISOString() : since);
    this.#backoff = new Backoff(CLIENT_BACKOFF, runtime.random);
    this.#opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#failToOpen = reject;
    });
    // A program that does not call `opened` gets the error from the iteration.
    this.#opened.catch(() => undefined);
  }

  get cursor(): string | undefined {
    return this.#items.cursor;
  }

  opened(): Promise<void> {
    this.#start();
    return this.#opened;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    this.#start();
    return this.#items.next();
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#items.close();
    this.#end(new CarillonError('disconnected', 'the subscription was closed'));
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
    const { signal } = this.#options;
    const abort = () => {
      this.#items.abort(signal?.reason);
      this.#end(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { signal: this.#stop.signal });
    if (signal?.aborted) abort();
    else this.#run().catch((error: unknown) => this.#fail(error));
  }

  /** The program gets the error after the items that arrived before. */
  #fail(error: unknown): void {
    this.#items.fail(error);
    this.#end(error);
  }

  #end(error: unknown): void {
    this.#started = true;
    this.#acks?.stop();
    this.#failToOpen(error);
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const codec = await clientCodec(this.#options.encoding ?? 'json');
    while (!this.#stop.signal.aborted) {
      const outcome = await this.#attempt(codec);
      this.#acks?.stop();
      if (this.#stop.signal.aborted) return;
      const error = this.#errorOf(outcome);
      if (error !== undefined) return this.#fail(error);
      await this.#wait(outcome);
    }
  }

  async #attempt(codec: ClientCodec): Promise<Outcome> {
    this.#greetedAt = undefined;
    const server = await resolveServer(this.#options);
    this.#token = server.token;
    if (this.#refused?.token === server.token) {
      return { retryable: false, error: this.#refused.error };
    }
    return attempt({
      runtime: this.#runtime,
      server,
      pattern: this.#pattern,
      options: this.#options,
      codec,
      since: this.#cursorLost ? 'earliest' : this.#items.cursor,
      signal: this.#stop.signal,
      listener: {
        isWaiting: () => this.#items.isAwaited,
        greeted: (hello, send) => this.#greet(hello, send),
        delivered: (delivery, size) => this.#take(delivery, size),
      },
    });
  }

  #greet({ cursor, gap, credit: offered }: Hello, send: Send): void {
    const { credit = offered } = this.#options;
    this.#greetedAt = this.#runtime.now();
    this.#everGreeted = true;
    this.#refused = undefined;
    if (credit !== offered) send({ type: 'credit', events: credit });
    this.#acks = new Acks(credit, (done) => send({ type: 'ack', cursor: done }));
    const reason = this.#cursorLost ? 'storage_lost' : gap?.reason;
    if (reason === undefined) this.#items.cursor = cursor;
    else this.#put({ type: 'gap', reason, cursor }, 0);
    this.#cursorLost = false;
    this.#open();
    this.#tell({ type: 'connected' });
  }

  #take(delivery: Delivery, size: number): End | undefined {
    if (delivery.type === 'gap') {
      this.#put(delivery, size);
      return undefined;
    }
    for (const sent of delivery.events) {
      const event = receivedEvent(sent);
      if (event === undefined) return malformed('an event without its members');
      this.#put(event, size / delivery.events.length);
    }
    return undefined;
  }

  #put(item: Item, size: number): void {
    const acks = this.#acks;
    this.#items.put(item, () => acks?.done(item.cursor, size));
  }

  /** The subscription ends with what a function of the options throws. */
  #tell(state: ConnectionState): void {
    try {
      this.#options.onState?.(state);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @returns the error that the subscription ends with; undefined if it goes on */
  #errorOf(outcome: Outcome): CarillonError | undefined {
    const { reconnect = true, token } = this.#options;
    if (outcome.retryable) {
      if (reconnect) return undefined;
      return new CarillonError(this.#everGreeted ? 'disconnected' : 'unavailable', outcome.message);
    }
    const { error } = outcome;
    if (reconnect && error.status === 400 && this.#everGreeted && !this.#cursorLost) {
      // The server accepted everything but the cursor before.
      this.#cursorLost = true;
      return undefined;
    }
    const byToken = error.code === 'revoked' || error.code === 'forbidden';
    // A function may return another token by now. One other token is tried for each connection.
    const renewable = typeof token === 'function' && byToken && reconnect;
    if (!renewable || (this.#refused !== undefined && this.#greetedAt === undefined)) return error;
    this.#refused = { token: this.#token, error };
    return undefined;
  }

  async #wait(outcome: Outcome): Promise<void> {
    this.#items.restart();
    if (outcome.retryable && outcome.when === 'asked') await this.#items.awaited();
    if (this.#greetedAt !== undefined) {
      this.#backoff.disconnected(this.#runtime.now() - this.#greetedAt);
    }
    const isSilent = outcome.retryable && outcome.when === 'now';
    const retryInMs = isSilent ? 0 : this.#backoff.fail(outcome.retryable ? outcome.waitMs : 0);
    const reason = outcome.retryable ? outcome.message : outcome.error.message;
    this.#tell({ type: 'disconnected', reason, retryInMs });
    await sleep(this.#runtime, retryInMs, this.#stop.signal);
  }
}
