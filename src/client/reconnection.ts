/** Keeps a subscription connected: fills its queue from one connection after another, from the cursor of the queue. */
import type { ClientCodec } from '../wire/carillon-v1/client-codec.ts';
import { clientJsonCodec } from '../wire/carillon-v1/client-json.ts';
import { Acks } from './acks.ts';
import { attempt } from './attempt.ts';
import { Backoff, CLIENT_BACKOFF } from './backoff.ts';
import { type Delivery, type Hello, malformed, type Send } from './dialects.ts';
import type { End } from './end.ts';
import { CarillonError } from './errors.ts';
import { type Item, receivedEvent } from './event.ts';
import { HeldLease } from './held-lease.ts';
import type { ItemQueue } from './item-queue.ts';
import {
  type Address,
  type ConnectionState,
  resolveAddress,
  resolveServer,
  type SubscribeOptions,
} from './options.ts';
import type { Outcome } from './outcome.ts';
import { Questions } from './questions.ts';
import type { SocketRuntime } from './runtime.ts';
import { sleep } from './sleep.ts';
import {
  type Credentials,
  ONE_CONNECTION_HINT,
  TicketCredentials,
  tokenCredentials,
} from './tickets.ts';

export class Reconnection {
  /** Resolves with the first connection. */
  readonly opened: Promise<void>;
  readonly #runtime: SocketRuntime;
  readonly #pattern: string;
  readonly #options: SubscribeOptions;
  readonly #items: ItemQueue<Item>;
  readonly #stop: AbortController;
  readonly #backoff: Backoff;
  readonly #questions = new Questions();
  readonly #lease = new HeldLease();
  #tickets: TicketCredentials | undefined;
  #open: () => void = () => undefined;
  #acks: Acks | undefined;
  /** When the hello of the last attempt arrived, by the runtime's clock. Undefined if none did. */
  #greetedAt: number | undefined;
  #everGreeted = false;
  /** Whether the server rejected the cursor: its storage is another one. */
  #cursorLost = false;
  /** Undefined if the program has tickets. */
  #token: string | undefined;
  /** The token, or ticket, that was refused last, and the error to end with if there is no other one. */
  #refused: { readonly token: string | undefined; readonly error: CarillonError } | undefined;

  /** @param stop ends a request, a connection or a wait; it is aborted with the error that ends the subscription */
  constructor(
    runtime: SocketRuntime,
    pattern: string,
    options: SubscribeOptions,
    items: ItemQueue<Item>,
    stop: AbortController,
  ) {
    this.#runtime = runtime;
    this.#pattern = pattern;
    this.#options = options;
    this.#items = items;
    this.#stop = stop;
    this.#backoff = new Backoff(CLIENT_BACKOFF, runtime.random);
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason));
    });
    // A program that does not call `opened` gets the error from the iteration.
    this.opened.catch(() => undefined);
  }

  /** @throws what a function of the options throws */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    const codec = await clientCodec(this.#options.encoding ?? 'json');
    while (!signal.aborted) {
      const outcome = await this.#attempt(codec);
      if (signal.aborted) return;
      if (!outcome.retryable) this.#questions.explained();
      const error = this.#errorOf(outcome);
      if (error === undefined) await this.#wait(outcome);
      else this.#stop.abort(error);
    }
  }

  async #attempt(codec: ClientCodec): Promise<Outcome> {
    this.#greetedAt = undefined;
    const identified = await this.#identify();
    if (this.#token !== undefined && this.#refused?.token === this.#token) {
      return { retryable: false, error: this.#refused.error };
    }
    return attempt({
      runtime: this.#runtime,
      ...identified,
      pattern: this.#pattern,
      options: this.#options,
      codec,
      since: this.#cursorLost ? 'earliest' : this.#items.cursor,
      lease: this.#lease.forAttempt(this.#token),
      leaseFailed: () => this.#lease.failed(),
      leaseRefused: () => this.#lease.refused(),
      // Without another attempt, the program gets the reason now or never.
      asksWhy: () => this.#questions.isDue() || this.#options.reconnect === false,
      signal: this.#stop.signal,
      listener: {
        isWaiting: () => this.#items.isAwaited,
        greeted: (hello, send) => this.#greet(hello, send),
        delivered: (delivery, size) => this.#take(delivery, size),
      },
    });
  }

  async #identify(): Promise<{ readonly server: Address; readonly credentials: Credentials }> {
    const options = this.#options;
    if (options.ticket !== undefined) {
      this.#tickets ??= new TicketCredentials(this.#runtime, options.ticket);
      return { server: await resolveAddress(options), credentials: this.#tickets };
    }
    const server = await resolveServer(options);
    this.#token = server.token;
    return { server, credentials: tokenCredentials(this.#runtime, server) };
  }

  #greet({ cursor, gap, credit: offered, spread_ms = 0, lease }: Hello, send: Send): void {
    const { credit = offered } = this.#options;
    this.#lease.replace(lease, this.#token);
    this.#questions.connected();
    this.#backoff.spreadMs = spread_ms;
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
    const { events, acknowledge = false } = delivery;
    for (const [index, sent] of events.entries()) {
      const event = receivedEvent(sent);
      if (event === undefined) return malformed('an event without its members');
      this.#put(event, size / events.length, acknowledge && index === events.length - 1);
    }
    return undefined;
  }

  #put(item: Item, size: number, isAckAsked = false): void {
    const acks = this.#acks;
    this.#items.put(item, () => acks?.done(item.cursor, size, isAckAsked));
  }

  #tell(state: ConnectionState): void {
    try {
      this.#options.onState?.(state);
    } catch (error) {
      this.#stop.abort(error);
    }
  }

  /** @returns the error that the subscription ends with; undefined if it goes on */
  #errorOf(outcome: Outcome): CarillonError | undefined {
    const { reconnect = true, token, ticket } = this.#options;
    const isOneTicket = typeof ticket === 'string';
    if (outcome.retryable) {
      if (reconnect && !isOneTicket) return undefined;
      const code = this.#everGreeted ? 'disconnected' : 'unavailable';
      const message = `${outcome.message}${isOneTicket ? ONE_CONNECTION_HINT : ''}`;
      return new CarillonError(code, message);
    }
    const { error } = outcome;
    if (reconnect && error.status === 400 && this.#everGreeted && !this.#cursorLost) {
      // The server accepted everything but the cursor before.
      this.#cursorLost = true;
      return undefined;
    }
    const byToken = error.code === 'revoked' || error.code === 'forbidden';
    // A function may return another one by now. One other is tried for each connection.
    const isFunction = typeof token === 'function' || typeof ticket === 'function';
    const renewable = isFunction && byToken && reconnect;
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

/** Loads protobuf only if it is needed. */
async function clientCodec(encoding: 'json' | 'protobuf'): Promise<ClientCodec> {
  if (encoding === 'json') return clientJsonCodec;
  const { clientProtobufCodec } = await import('../wire/carillon-v1/client-protobuf.ts');
  return clientProtobufCodec;
}
