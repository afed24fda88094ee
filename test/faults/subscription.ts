/** A subscriber that comes back whenever its connection ends, and goes on where it was. */
import type { IncomingHttpHeaders } from 'node:http';
import { requestOf, TicketRefused } from './access.ts';
import type { Connection, Listener, Request } from './connection.ts';
import type { Access } from './forms.ts';
import type { Accepted, Receipt, Reception, Start } from './history.ts';
import type { Ledger, ReceivedEvent } from './ledger.ts';
import { kindOf } from './object-kind.ts';
import type { Random } from './random.ts';
import { REGION_HEADER, REGIONS, type RunRegion } from './regions.ts';
import type { Audience, RunEvent } from './scenario.ts';
import { objectIn } from './served-by.ts';

const PING_MS = 2000;
/** A connection on which nothing came for so long, no pong either, is dead. */
const SILENCE_MS = 6000;
/** The same where the client cannot ask: the server says after 15 s of silence that it is there. */
export const STREAM_SILENCE_MS = 18_000;
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1000;
/** The hub's clock and ours need not show the same time at once. */
const CLOCK_SLACK_MS = 10;
/** How often one that reconnects does so from another region. */
const MOVES = 0.1;

/** From where a subscriber wants to hear: from now on, all that there is, a time, or after an event. */
export type Beginning =
  | 'now'
  | 'earliest'
  | 'time'
  /** `since` names the place after the event: it is the id of the event, or its cursor. */
  | { readonly after: string; readonly since: string };

/** How a request names the place where a subscription resumes. */
export interface Place {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SubscriptionOptions {
  readonly name: string;
  /** As the report calls what it does. */
  readonly form: string;
  readonly audience: Audience;
  readonly access: Access;
  readonly token: string;
  readonly port: number;
  readonly beginning: Beginning;
  /** Undefined in a run without regions. */
  readonly region: RunRegion | undefined;
  readonly ledger: Ledger;
  readonly random: Random;
}

export abstract class Subscription {
  readonly audience: Audience;
  readonly form: string;
  readonly ids: string[] = [];
  readonly receipts: Receipt[] = [];
  /** Those that were accepted. */
  readonly accepted: Accepted[] = [];
  /** The cursor that came with each of them, in the forms that have cursors. */
  readonly cursors: (string | undefined)[] = [];
  readonly gaps: string[] = [];
  /** Refusals that no repetition helps against: none is expected. */
  readonly problems: string[] = [];
  /** What it has yet to receive, with the time from which on it was due. */
  readonly owed = new Map<string, number>();
  reconnects = -1;
  protected readonly options: SubscriptionOptions;
  /** Where its first request asked to begin; undefined for now. */
  protected readonly first: string | undefined;
  protected readonly silenceMs: number = SILENCE_MS;
  readonly #received = new Set<string>();
  readonly #made = performance.now();
  #start: Start;
  /** Where to go on, or to begin. */
  #since: string | undefined;
  #connection: Connection | undefined;
  #isOpen = false;
  #isStalled = false;
  #hasLeft = false;
  #failures = 0;
  /** Milliseconds that it was asked to wait before it comes back. */
  #askedToWait = 0;
  #heardAt = 0;
  #pingedAt = 0;
  #firstTriedAt: number | undefined;
  #retry: NodeJS.Timeout | undefined;
  #region: RunRegion | undefined;

  constructor(options: SubscriptionOptions) {
    this.options = options;
    this.audience = options.audience;
    this.form = options.form;
    this.#start = this.#startOf(options.beginning);
    this.first = sinceOf(options.beginning);
    this.#since = this.first;
    this.#region = options.region;
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
    const { ids, receipts, cursors, gaps, isStock, keepsPlace: isNameless } = this;
    const start = this.#start;
    const left = this.#hasLeft;
    const kind = { name, isStock, isNameless, hub, maySee };
    return { ...kind, start, left, ids, receipts, cursors, gaps };
  }

  /** Whether it is not where it should be: without a connection, or without an event due before this time. */
  isBehind(dueBefore: number): boolean {
    if (this.#isStalled || this.#hasLeft) return false;
    const [oldest = Infinity] = this.owed.values();
    return !this.#isOpen || oldest < dueBefore;
  }

  /** Whether the server knows it again when it names no position, and it has nothing to lose. */
  protected get keepsPlace(): boolean {
    return false;
  }

  /** Whether it acknowledges nothing, as Vault's own clients. */
  protected get isStock(): boolean {
    return false;
  }

  /** Whether the server may take it for another subscriber that was lost. */
  protected get mayFollow(): boolean {
    return false;
  }

  protected hasReceived(id: string): boolean {
    return this.#received.has(id);
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
    const dueFrom = 'latest' in this.#start ? this.#start.latest : this.#made;
    if (event.sent >= dueFrom) {
      this.owed.set(event.id, performance.now());
    }
  }

  connect(): void {
    const begun = performance.now();
    this.#firstTriedAt ??= begun;
    const { query, headers } = this.#since === undefined ? {} : this.place(this.#since);
    const { random } = this.options;
    // Who names no position is known in one region.
    if (this.#region !== undefined && !this.keepsPlace && random.chance(MOVES)) {
      this.#region = random.pick(REGIONS);
    }
    const region = this.#region === undefined ? {} : { [REGION_HEADER]: this.#region };
    requestOf(this.options, { ...this.query(), ...query }).then(
      (request) => {
        if (this.#hasLeft) return;
        const named = { ...request, headers: { ...request.headers, ...region, ...headers } };
        this.#connection = this.open(named, this.#listener(begun));
      },
      (error: unknown) => {
        if (error instanceof TicketRefused) this.#refused(error.status, error.message);
        this.#disconnected();
      },
    );
  }

  #listener(begun: number): Listener {
    let isOpen = false;
    return {
      opened: (headers) => {
        isOpen = true;
        this.#opened(headers, begun);
      },
      heard: () => {
        this.#heardAt = performance.now();
      },
      message: (data) => {
        this.#heardAt = performance.now();
        if (this.#hasLeft) return;
        try {
          this.take(data);
        } catch (error) {
          this.problems.push(`a message cannot be read: ${error}`);
        }
      },
      refused: (status, text) => this.#refused(status, text),
      ended: (isWhole) => {
        if (isOpen && isWhole && !this.#hasLeft && this.continues()) this.connect();
        else this.#disconnected();
      },
    };
  }

  #opened(headers: IncomingHttpHeaders, begun: number): void {
    if (headers['last-event-id'] !== undefined) {
      this.gaps.push(`asked for what follows ${this.#since}: ${headers['carillon-warning']}`);
    }
    if (!this.#isOpen) this.reconnects++;
    this.#isOpen = true;
    this.#failures = 0;
    this.#heardAt = this.#pingedAt = performance.now();
    const object = objectIn(headers['carillon-warning']);
    this.accepted.push({ at: this.#heardAt, object });
    // One that has nothing to come back to begins anew.
    if (this.#since === undefined && (this.accepted.length === 1 || !this.keepsPlace)) {
      // What a replica was fed late comes to those who were there already.
      // The server knows one that keeps its place from a first try, of which it lost the answer.
      const from = this.keepsPlace ? (this.#firstTriedAt ?? begun) : begun;
      const earliest =
        kindOf(object) === 'hub' ? this.#earliestAccepted(from) : Number.NEGATIVE_INFINITY;
      this.#start = { earliest, latest: this.#heardAt };
      this.owed.clear();
    }
    this.opened(headers);
  }

  #refused(status: number, text: string): void {
    if (status === 429 || status >= 500) return;
    this.problems.push(`${this.options.name} was answered ${status}: ${text}`);
  }

  #disconnected(): void {
    this.#isOpen = false;
    this.closed();
    if (this.#hasLeft) return;
    const backoff = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** this.#failures++);
    const wait = Math.max(this.#askedToWait, backoff * this.options.random.between(0.5, 1));
    this.#askedToWait = 0;
    this.#retry = setTimeout(() => this.connect(), wait);
  }

  /** To be called about once a second. */
  tick(): void {
    if (!this.#isOpen || this.#isStalled) return;
    const now = performance.now();
    if (now - this.#heardAt > this.silenceMs) this.#connection?.destroy();
    else if (now - this.#pingedAt > PING_MS) {
      this.#pingedAt = now;
      this.#connection?.ping();
    }
  }

  /** Reads nothing more, and says nothing, until `goOn`. */
  stall(): void {
    this.#isStalled = true;
    if (this.#isOpen) this.#connection?.pause();
  }

  goOn(): void {
    this.#isStalled = false;
    this.#heardAt = performance.now();
    if (this.#isOpen) this.#connection?.resume();
  }

  leave(): void {
    this.#hasLeft = true;
    this.owed.clear();
    clearTimeout(this.#retry);
    if (this.#isOpen) this.#connection?.close();
    else this.#connection?.destroy();
  }

  protected abstract open(request: Request, listener: Listener): Connection;
  /** Takes a message of the server, or a piece of a stream. */
  protected abstract take(data: Buffer): void;

  /** The parameters of this form, beside those of the audience. */
  protected query(): Readonly<Record<string, string>> {
    return {};
  }

  protected place(since: string): Place {
    return { query: { since } };
  }

  /** The server accepted the subscription, and said this of it. */
  protected opened(_headers: IncomingHttpHeaders): void {}

  /** The server ended the connection, with nothing cut off. @returns whether the next one belongs to it */
  protected continues(): boolean {
    return false;
  }

  /** The connection is no more. */
  protected closed(): void {}

  #startOf(beginning: Beginning): Start {
    if (typeof beginning === 'object') return { after: beginning.after };
    if (beginning === 'earliest') return { earliest: -Infinity, latest: -Infinity };
    // Known once it is connected.
    if (beginning === 'now') return { earliest: -Infinity, latest: Infinity };
    const now = performance.now();
    return { earliest: this.#earliestAccepted(now), latest: now + CLOCK_SLACK_MS };
  }

  /** What a wildcard hub was fed late, it accepted late. One that may follow another begins where that one did. */
  #earliestAccepted(time: number): number {
    const isExact = !this.audience.hub.endsWith('*') && !this.mayFollow;
    return isExact ? time - CLOCK_SLACK_MS : -Infinity;
  }

  /** @param cursor the place after it, in the forms that have cursors */
  protected receive(event: ReceivedEvent, cursor?: string): void {
    const { ledger } = this.options;
    const id = ledger.identify(event);
    this.ids.push(id);
    this.receipts.push(this.receipt());
    this.cursors.push(cursor === undefined ? undefined : ledger.share(cursor));
    this.#received.add(id);
    this.owed.delete(id);
  }

  /** How what comes now comes. */
  protected receipt(): Receipt {
    const connection = this.accepted.at(-1);
    if (connection === undefined) throw new Error('an event came without a connection');
    return { connection, at: performance.now() };
  }

  /** Goes on here the next time. */
  protected resumeAt(since: string): void {
    this.#since = since;
  }

  /** Forgets what it received after the first so many events: it will ask for them again. */
  protected forgetAfter(count: number): void {
    this.cursors.splice(count);
    this.receipts.splice(count);
    for (const id of this.ids.splice(count)) {
      this.#received.delete(id);
      this.owed.set(id, performance.now());
    }
  }

  protected comeBackAfter(milliseconds: number): void {
    this.#askedToWait = milliseconds;
  }

  protected send(data: string | Uint8Array): void {
    if (this.#isOpen && !this.#isStalled) this.#connection?.send(data);
  }
}

/** What a subscriber names to begin there; undefined for now. */
function sinceOf(beginning: Beginning): string | undefined {
  if (typeof beginning === 'object') return beginning.since;
  if (beginning === 'time') return new Date().toISOString();
  return beginning === 'now' ? undefined : beginning;
}
