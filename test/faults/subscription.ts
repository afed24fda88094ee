/** A subscriber that comes back whenever its connection ends, and goes on where it was. */
import { type ClientOptions, WebSocket } from 'ws';
import type { Reception, Start } from './history.ts';
import type { Ledger, ReceivedEvent } from './ledger.ts';
import type { Random } from './random.ts';
import type { Audience, RunEvent } from './scenario.ts';

const PING_MS = 2000;
/** A connection on which nothing came for so long, no pong either, is dead. */
const SILENCE_MS = 6000;
const HANDSHAKE_MS = 10_000;
/** The server may leave a connection open for seconds after its Close frame. */
const CLOSE_MS = 100;
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1000;
/** The hub's clock and ours need not show the same time at once. */
const CLOCK_SLACK_MS = 10;

/** From where a subscriber wants to hear: from now on, all that there is, a time, or after an event. */
export type Beginning = 'now' | 'earliest' | 'time' | { readonly after: string };

export interface SubscriptionOptions {
  readonly name: string;
  readonly audience: Audience;
  readonly token: string;
  readonly port: number;
  readonly beginning: Beginning;
  readonly ledger: Ledger;
  readonly random: Random;
}

export abstract class Subscription {
  readonly audience: Audience;
  readonly ids: string[] = [];
  readonly gaps: string[] = [];
  /** Refusals that no repetition helps against: none is expected. */
  readonly problems: string[] = [];
  /** What it has yet to receive, with the time from which on it was due. */
  readonly owed = new Map<string, number>();
  reconnects = -1;
  protected readonly options: SubscriptionOptions;
  readonly #received = new Set<string>();
  #start: Start;
  /** Where to go on, or to begin. */
  #since: string | undefined;
  #socket: WebSocket | undefined;
  #isOpen = false;
  #isStalled = false;
  #hasLeft = false;
  #failures = 0;
  /** Milliseconds that it was asked to wait before it comes back. */
  #askedToWait = 0;
  #heardAt = 0;
  #pingedAt = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: SubscriptionOptions) {
    this.options = options;
    this.audience = options.audience;
    this.#start = this.#startOf(options.beginning);
    this.#since = sinceOf(options.beginning);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isStalled(): boolean {
    return this.#isStalled;
  }

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  get reception(): Reception<RunEvent> {
    const { name, audience } = this.options;
    const { hub, maySee } = audience;
    const { ids, gaps } = this;
    return { name, hub, maySee, start: this.#start, left: this.#hasLeft, ids, gaps };
  }

  /** Whether it is not where it should be: without a connection, or without an event due before this time. */
  isBehind(dueBefore: number): boolean {
    if (this.#isStalled || this.#hasLeft) return false;
    const [oldest = Infinity] = this.owed.values();
    return !this.#isOpen || oldest < dueBefore;
  }

  /** What it waits for, for people. */
  get state(): string {
    const [next] = this.owed.keys();
    return this.#isOpen
      ? `is connected and waits for ${this.owed.size} events, of which ${next} was due first`
      : 'has no connection';
  }

  /** Notes that an event was acknowledged, which it may have to receive. */
  expect(event: RunEvent): void {
    if (this.#hasLeft || this.#received.has(event.id) || !this.audience.maySee(event)) return;
    if ('latest' in this.#start && event.sent >= this.#start.latest) {
      this.owed.set(event.id, performance.now());
    }
  }

  connect(): void {
    const { port, token, audience } = this.options;
    const begun = performance.now();
    const query = new URLSearchParams({ ...audience.query, ...this.query() });
    if (this.#since !== undefined) query.set('since', this.#since);
    const pattern = encodeURIComponent(audience.pattern);
    const url = `ws://127.0.0.1:${port}/v1/sys/events/subscribe/${pattern}?${query}`;
    const options: ClientOptions & { closeTimeout: number } = {
      headers: { 'X-Vault-Token': token, 'X-Vault-Namespace': audience.namespace },
      handshakeTimeout: HANDSHAKE_MS,
      closeTimeout: CLOSE_MS,
      perMessageDeflate: false,
    };
    const socket = new WebSocket(url, this.protocols(), options);
    this.#socket = socket;
    socket.on('upgrade', ({ headers }) => {
      if (headers['last-event-id'] !== undefined) {
        this.gaps.push(`asked for what follows ${this.#since}: ${headers['carillon-warning']}`);
      }
    });
    socket.on('open', () => {
      this.#isOpen = true;
      this.#failures = 0;
      this.reconnects++;
      this.#heardAt = this.#pingedAt = performance.now();
      // One that has nothing to come back to begins anew.
      if (this.#since === undefined) {
        this.#start = { earliest: this.#earliestAccepted(begun), latest: this.#heardAt };
        this.owed.clear();
      }
    });
    socket.on('message', (data, isBinary) => {
      this.#heardAt = performance.now();
      if (this.#hasLeft) return;
      try {
        this.take(data as Buffer, isBinary);
      } catch (error) {
        this.problems.push(`a message cannot be read: ${error}`);
      }
    });
    socket.on('pong', () => {
      this.#heardAt = performance.now();
    });
    socket.on('unexpected-response', (_request, response) => {
      const { statusCode = 0 } = response;
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if (statusCode !== 429 && statusCode < 500) {
          this.problems.push(`a subscriber that came back was answered ${statusCode}: ${text}`);
        }
        socket.terminate();
      });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isOpen = false;
      this.closed();
      if (this.#hasLeft) return;
      const backoff = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** this.#failures++);
      const wait = Math.max(this.#askedToWait, backoff * this.options.random.between(0.5, 1));
      this.#askedToWait = 0;
      this.#retry = setTimeout(() => this.connect(), wait);
    });
  }

  /** To be called about once a second. */
  tick(): void {
    if (!this.#isOpen || this.#isStalled) return;
    const now = performance.now();
    if (now - this.#heardAt > SILENCE_MS) this.#socket?.terminate();
    else if (now - this.#pingedAt > PING_MS) {
      this.#pingedAt = now;
      this.#socket?.ping();
    }
  }

  /** Reads nothing more, and says nothing, until `goOn`. */
  stall(): void {
    this.#isStalled = true;
    if (this.#isOpen) this.#socket?.pause();
  }

  goOn(): void {
    this.#isStalled = false;
    this.#heardAt = performance.now();
    if (this.#socket?.isPaused) this.#socket.resume();
  }

  leave(): void {
    this.#hasLeft = true;
    this.owed.clear();
    clearTimeout(this.#retry);
    if (this.#isOpen) this.#socket?.close(1000);
    else this.#socket?.terminate();
  }

  protected abstract protocols(): string[];
  /** The parameters of this form, beside those of the audience. */
  protected abstract query(): Readonly<Record<string, string>>;
  /** Takes a message of the server. */
  protected abstract take(data: Buffer, isBinary: boolean): void;
  /** The connection is no more. */
  protected closed(): void {}

  #startOf(beginning: Beginning): Start {
    if (typeof beginning === 'object') return beginning;
    if (beginning === 'earliest') return { earliest: -Infinity, latest: -Infinity };
    // Known once it is connected.
    if (beginning === 'now') return { earliest: -Infinity, latest: Infinity };
    const now = performance.now();
    return { earliest: this.#earliestAccepted(now), latest: now + CLOCK_SLACK_MS };
  }

  /** What a wildcard hub was fed late, it accepted late. */
  #earliestAccepted(time: number): number {
    return this.audience.hub.endsWith('*') ? -Infinity : time - CLOCK_SLACK_MS;
  }

  protected receive(event: ReceivedEvent): void {
    const id = this.options.ledger.identify(event);
    this.ids.push(id);
    this.#received.add(id);
    this.owed.delete(id);
  }

  /** Goes on here the next time. */
  protected resumeAt(since: string): void {
    this.#since = since;
  }

  /** Forgets what it received after the first so many events: it will ask for them again. */
  protected forgetAfter(count: number): void {
    for (const id of this.ids.splice(count)) {
      this.#received.delete(id);
      this.owed.set(id, performance.now());
    }
  }

  protected comeBackAfter(milliseconds: number): void {
    this.#askedToWait = milliseconds;
  }

  protected send(data: string | Uint8Array): void {
    if (this.#isOpen && !this.#isStalled) this.#socket?.send(data);
  }
}

/** What a subscriber names to begin there; undefined for now. */
function sinceOf(beginning: Beginning): string | undefined {
  if (typeof beginning === 'object') return beginning.after;
  if (beginning === 'time') return new Date().toISOString();
  return beginning === 'now' ? undefined : beginning;
}
