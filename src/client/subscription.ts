/** A subscription that outlives its connections: it goes on from what the program has taken last. */

import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { Acks } from './acks.ts';
import { attempt } from './attempt.ts';
import { backoff } from './backoff.ts';
import { STABLE_CONNECTION_MS } from './bounds.ts';
import { codecOf } from './codec.ts';
import type { Connection, Delivery, End, Hello } from './connection.ts';
import { CarillonError } from './errors.ts';
import { eventOf, type Item } from './event.ts';
import { ItemQueue } from './item-queue.ts';
import { type ConnectionState, type SubscribeOptions, serverOf } from './options.ts';
import type { Outcome } from './outcome.ts';
import type { Runtime } from './runtime.ts';
import { sleep } from './sleep.ts';

export class ResumingSubscription {
  readonly #runtime: Runtime;
  readonly #pattern: string;
  readonly #options: SubscribeOptions;
  readonly #intake: ItemQueue<Item>;
  /** Ends what is under way: a request, a connection, a wait. */
  readonly #stop = new AbortController();
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  #failToOpen: (error: unknown) => void = () => undefined;
  #started = false;
  /** When the present connection, or the last attempt's, was greeted: milliseconds of the runtime. */
  #greetedAt: number | undefined;
  #everGreeted = false;
  /** Whether the server, or its storage, has become another, so that the place means nothing to it. */
  #placeLost = false;
  #acks: Acks | undefined;
  /** Attempts in a row that came to nothing. */
  #failures = 0;
  /** The token that was refused last, with the error that this is unless there is another. */
  #refused: { readonly token: string; readonly error: CarillonError } | undefined;
  #token = '';

  constructor(runtime: Runtime, pattern: string, options: SubscribeOptions) {
    this.#runtime = runtime;
    this.#pattern = pattern;
    this.#options = options;
    const { since } = options;
    this.#intake = new ItemQueue(since instanceof Date ? since.toISOString() : since);
    this.#opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#failToOpen = reject;
    });
    // Who does not ask for it is told by the iteration.
    this.#opened.catch(() => undefined);
  }

  get cursor(): string | undefined {
    return this.#intake.place;
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
    return this.#intake.next();
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#intake.close();
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
      this.#intake.abort(signal?.reason);
      this.#end(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { signal: this.#stop.signal });
    if (signal?.aborted) abort();
    else this.#run().catch((error: unknown) => this.#fail(error));
  }

  /** The program is told of the error once it has taken what came before. */
  #fail(error: unknown): void {
    this.#intake.fail(error);
    this.#end(error);
  }

  #end(error: unknown): void {
    this.#started = true;
    this.#acks?.stop();
    this.#failToOpen(error);
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const codec = await codecOf(this.#options.encoding ?? 'json');
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
    const server = await serverOf(this.#options);
    this.#token = server.token;
    if (this.#refused?.token === server.token) return { again: false, error: this.#refused.error };
    return attempt({
      runtime: this.#runtime,
      server,
      pattern: this.#pattern,
      options: this.#options,
      codec,
      since: this.#intake.place,
      signal: this.#stop.signal,
      listen: (connection) => ({
        hello: (hello) => this.#greet(hello, connection()),
        delivered: (delivery, size) => this.#take(delivery, size),
        isWaiting: () => this.#intake.isAsked,
      }),
    });
  }

  #greet({ cursor, gap, credit: offered }: Hello, connection: Connection): void {
    const { credit = offered } = this.#options;
    this.#greetedAt = this.#runtime.now();
    this.#everGreeted = true;
    this.#refused = undefined;
    if (credit !== offered) connection.send({ type: 'credit', events: credit });
    this.#acks = new Acks(credit, (place) => connection.send({ type: 'ack', cursor: place }));
    const reason = this.#placeLost ? 'storage_lost' : gap?.reason;
    if (reason === undefined) this.#intake.place = cursor;
    else this.#put({ type: 'gap', reason, cursor }, 0);
    this.#placeLost = false;
    this.#open();
    this.#tell({ type: 'connected' });
  }

  #take(delivery: Delivery, size: number): End | undefined {
    if (delivery.type === 'gap') {
      this.#put(delivery, size);
      return undefined;
    }
    for (const sent of delivery.events) {
      const event = eventOf(sent);
      if (event === undefined)
        return { kind: 'malformed', message: 'an event without its members' };
      this.#put(event, size / delivery.events.length);
    }
    return undefined;
  }

  #put(item: Item, size: number): void {
    const acks = this.#acks;
    this.#intake.put(item, () => acks?.done(item.cursor, size));
  }

  /** What the program throws at it ends it, as what any of its functions throws. */
  #tell(state: ConnectionState): void {
    try {
      this.#options.onState?.(state);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @returns what the subscription ends with; undefined where it goes on */
  #errorOf(outcome: Outcome): CarillonError | undefined {
    const { reconnect = true, token } = this.#options;
    if (outcome.again) {
      if (reconnect) return undefined;
      return new CarillonError(this.#everGreeted ? 'disconnected' : 'unavailable', outcome.reason);
    }
    const { error } = outcome;
    if (reconnect && error.status === 400 && this.#everGreeted && !this.#placeLost) {
      // Of all that was good enough before, only the place is new.
      this.#placeLost = true;
      this.#intake.place = 'earliest';
      return undefined;
    }
    const byToken = error.code === 'revoked' || error.code === 'forbidden';
    // Of a function there may be another token by now; one of each connection is tried.
    const renewable = typeof token === 'function' && byToken && reconnect;
    if (!renewable || (this.#refused !== undefined && this.#greetedAt === undefined)) return error;
    this.#refused = { token: this.#token, error };
    return undefined;
  }

  async #wait(outcome: Outcome): Promise<void> {
    const { random, now } = this.#runtime;
    this.#intake.restart();
    if (outcome.again && outcome.when === 'asked') await this.#intake.asked();
    const lasted = this.#greetedAt === undefined ? 0 : now() - this.#greetedAt;
    if (lasted >= STABLE_CONNECTION_MS) this.#failures = 0;
    const atOnce = outcome.again && outcome.when === 'now' && this.#greetedAt !== undefined;
    const waitMs = outcome.again ? outcome.waitMs : 0;
    const retryInMs = atOnce ? 0 : backoff(this.#failures++, random(), waitMs);
    const reason = outcome.again ? outcome.reason : outcome.error.message;
    this.#tell({ type: 'disconnected', reason, retryInMs });
    await sleep(this.#runtime, retryInMs, this.#stop.signal);
  }
}
