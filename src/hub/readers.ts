/**
 * The subscribers that speak `carillon.v1`: they acknowledge, and are sent no more than their credit beyond
 * what they acknowledged. One that has fallen behind is sent nothing new; it is caught up from the journal
 * as its acknowledgements come, and costs a row meanwhile, no memory.
 *
 * What is known of a reader beside that row is lost when the hub sleeps. It is then taken for one that has
 * acknowledged everything: those who had fallen behind apart, everybody's credit is full.
 */
import {
  ACK_TIMEOUT_MS,
  DEFAULT_CREDIT,
  MAX_PAGE_BYTES,
  MAX_PAGE_EVENTS,
  MAX_RECONNECT_SPREAD_MS,
  MAX_UNACKED_BYTES,
  MIN_PAGE_EVENTS,
} from '../limits.ts';
import { CLOSE_CODES, closeReason } from '../wire/carillon-v1/close-codes.ts';
import type { GoodbyeReason } from '../wire/carillon-v1/messages.ts';
import {
  decodeClientMessage,
  encodeMessage,
  type ReceivedMessage,
} from '../wire/carillon-v1/server.ts';
import { type Cursor, encodeCursor, hubTag } from '../wire/cursor.ts';
import type { Encoding } from '../wire/frame.ts';
import { isOpen, type SubscriptionClass, type SubscriptionClasses, tagsOf } from './classes.ts';
import { type Entry, entryOf, type Journal } from './journal.ts';
import { type Lag, Laggards } from './laggards.ts';
import type { Pacer } from './pacer.ts';
import type { Place } from './place.ts';
import { messagesOf } from './reader-messages.ts';
import { type Sent, SentLog } from './sent-log.ts';

interface Reader {
  readonly id: string;
  readonly subscriptionClass: SubscriptionClass;
  /** Events that may be under way to it. */
  credit: number;
  acked: number;
  /** What it was sent by itself and has not acknowledged. */
  unacked: Sent[];
  /** From where on it was sent what its class was sent, unless it lags. */
  joined: number;
  /** Set while it is not sent what its class is sent. */
  lag: (Lag & LagHere) | undefined;
}

/** What is known of a lag while the hub is awake. */
interface LagHere {
  /** What the row says; undefined where there is none. */
  stored: 'waiting' | 'going on' | undefined;
  isCatchingUp: boolean;
  /** Bytes of the event that there was no room for. */
  next: number;
}

/** What a client did that is not of the protocol, and the code that its socket is closed with. */
interface Violation {
  readonly code: number;
  readonly message: string;
}

/** Which entries are for the subscribers of a class. */
export type Decide = (
  subscriptionClass: SubscriptionClass,
  entries: readonly Entry[],
) => readonly boolean[];

export interface ReaderNeeds {
  /** Makes sure of the rights that are decided by; undefined where there is nothing to wait for. */
  confirm(): Promise<void> | undefined;
  /** Closes sockets that cannot be served. */
  fail(sockets: readonly WebSocket[], error: unknown): void;
  /** An acknowledgement is awaited, or no longer. */
  arm(): void;
}

/** Something under way of which nothing is known: whatever is acknowledged, it is. */
const FORGOTTEN: Sent = { sequence: 0, bytes: 0 };

const TAG = 'reader ';

/** The tag of the socket of a new reader. */
export function newReaderTag(): string {
  return `${TAG}${crypto.randomUUID()}`;
}

export class Readers {
  readonly #ctx: DurableObjectState;
  readonly #journal: Journal;
  readonly #pacer: Pacer;
  readonly #classes: SubscriptionClasses;
  readonly #decide: Decide;
  readonly #needs: ReaderNeeds;
  readonly #laggards: Laggards;
  readonly #hubTag: number;
  readonly #readers = new WeakMap<WebSocket, Reader>();
  readonly #logs = new WeakMap<SubscriptionClass, SentLog>();
  /** Laggards as they were when the hub awoke, until their sockets are met. */
  #restored: Map<string, Lag> | undefined;

  constructor(
    ctx: DurableObjectState,
    journal: Journal,
    pacer: Pacer,
    classes: SubscriptionClasses,
    decide: Decide,
    needs: ReaderNeeds,
  ) {
    this.#ctx = ctx;
    this.#journal = journal;
    this.#pacer = pacer;
    this.#classes = classes;
    this.#decide = decide;
    this.#needs = needs;
    this.#laggards = new Laggards(ctx.storage.sql);
    this.#hubTag = hubTag(ctx.id.name ?? '');
  }

  /** Welcomes a socket that was just accepted, and sends it what it has missed, as far as its credit goes. */
  welcome(socket: WebSocket, subscriptionClass: SubscriptionClass, place: Place): void {
    const reader = this.#readerOf(socket, subscriptionClass);
    reader.acked = place.after;
    // What its class was sent before, it was not.
    reader.joined = this.#journal.last;
    const hello = encodeMessage(
      {
        type: 'hello',
        cursor: this.#cursorAt(place.after),
        resumed: place.gap === undefined,
        ...(place.gap && { gap: { reason: place.gap } }),
        credit: reader.credit,
        ack_timeout_ms: ACK_TIMEOUT_MS,
      },
      subscriptionClass.subscription.encoding,
    );
    send(socket, [hello]);
    if (place.after < this.#journal.last) this.#fallBehind(socket, reader, place.after);
  }

  /**
   * Sends the readers of a class what is for them.
   *
   * @param due in order, all of them in the journal
   * @param through the last sequence that was decided about
   */
  deliver(subscriptionClass: SubscriptionClass, due: readonly Entry[], through: number): void {
    const { tag, subscription } = subscriptionClass;
    const sockets = this.#ctx.getWebSockets(tag);
    if (sockets.length === 0) return;
    const first = due[0]?.sequence ?? 0;
    const events = due.filter((entry) => 'frame' in entry);
    const sizes = events.map(({ frame }) => frame.size(subscription.encoding));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const log = this.#logOf(subscriptionClass);
    let messages: readonly (string | Uint8Array)[] | undefined;
    let largestCredit = 0;
    for (const socket of sockets) {
      const reader = this.#readerOf(socket, subscriptionClass);
      largestCredit = Math.max(largestCredit, reader.credit);
      if (reader.lag !== undefined || reader.joined >= through) continue;
      const underWay = this.#underWay(reader);
      if (
        underWay.events + events.length > reader.credit ||
        underWay.bytes + bytes > MAX_UNACKED_BYTES
      ) {
        try {
          this.#fallBehind(socket, reader, first - 1);
        } catch (error) {
          this.#needs.fail([socket], error);
        }
        continue;
      }
      messages ??= this.#encode(due, subscription.encoding);
      send(socket, messages);
    }
    for (const [index, { sequence }] of events.entries()) {
      log.push(sequence, sizes[index] ?? 0, largestCredit);
    }
  }

  /** Heeds what a reader sent. */
  message(
    socket: WebSocket,
    subscriptionClass: SubscriptionClass,
    data: string | ArrayBuffer,
  ): void {
    const received = decodeClientMessage(data, subscriptionClass.subscription.encoding);
    const reader = this.#readerOf(socket, subscriptionClass);
    const violation = received.ok ? this.#heed(socket, reader, received.value) : received.failure;
    if (violation === undefined) return;
    this.#classes.left(subscriptionClass);
    this.close(socket, subscriptionClass, 'protocol_error', violation.code, violation.message);
  }

  /** Says goodbye and closes. */
  close(
    socket: WebSocket,
    { subscription }: SubscriptionClass,
    reason: GoodbyeReason,
    code: number,
    text: string,
  ): void {
    const reconnect = reason !== 'revoked' && reason !== 'protocol_error';
    const goodbye = encodeMessage(
      {
        type: 'goodbye',
        reason,
        reconnect,
        // Those who are sent away together shall not come back together.
        after_ms: reconnect ? Math.floor(Math.random() * MAX_RECONNECT_SPREAD_MS) : 0,
      },
      subscription.encoding,
    );
    send(socket, [goodbye]);
    socket.close(code, closeReason(text));
  }

  /** Forgets a reader that has gone. */
  left(socket: WebSocket): void {
    const id = this.#idOf(socket);
    if (id === undefined) return;
    const reader = this.#readers.get(socket);
    if (reader?.lag?.stored || this.#atWaking().has(id)) this.#laggards.delete(id);
    this.#atWaking().delete(id);
    if (reader !== undefined) reader.lag = undefined;
  }

  nextDue(): number {
    return this.#laggards.nextDue();
  }

  /** Ends with readers that acknowledge nothing. */
  run(now: number): void {
    for (const id of this.#laggards.overdue(now)) {
      const socket = this.#ctx.getWebSockets(`${TAG}${id}`).find(isOpen);
      const subscriptionClass = socket && this.#classes.of(socket);
      if (socket === undefined || subscriptionClass === undefined) {
        this.#laggards.delete(id);
        continue;
      }
      const reader = this.#readerOf(socket, subscriptionClass);
      const { lag } = reader;
      if (lag !== undefined && (!lag.waiting || lag.since > now - ACK_TIMEOUT_MS)) {
        if (!lag.waiting) lag.since = now;
        this.#store(reader);
        this.#goOn(socket, reader);
        continue;
      }
      this.#laggards.delete(id);
      reader.lag = undefined;
      this.#classes.left(subscriptionClass);
      const text = `nothing was acknowledged for ${ACK_TIMEOUT_MS / 1000} seconds`;
      this.close(socket, subscriptionClass, 'ack_timeout', CLOSE_CODES.ackTimeout, text);
    }
  }

  #heed(socket: WebSocket, reader: Reader, message: ReceivedMessage): Violation | undefined {
    if (message.type === 'ack') return this.#ack(socket, reader, message.cursor);
    reader.credit = message.events;
    socket.serializeAttachment(message.events);
    this.#goOn(socket, reader);
    return undefined;
  }

  #ack(socket: WebSocket, reader: Reader, cursor: Cursor): Violation | undefined {
    const { lag } = reader;
    if (cursor.hub !== this.#hubTag || cursor.epoch !== this.#journal.epoch) {
      const message = 'an ack of a cursor that is not of this subscription';
      return { code: CLOSE_CODES.badCursor, message };
    }
    if (cursor.sequence > (lag?.position ?? this.#journal.last)) {
      return { code: CLOSE_CODES.futureCursor, message: 'an ack of what was not sent yet' };
    }
    if (cursor.sequence <= reader.acked) return undefined;
    reader.acked = cursor.sequence;
    reader.unacked = reader.unacked.filter(({ sequence }) => sequence > reader.acked);
    if (lag !== undefined) lag.since = Date.now();
    this.#goOn(socket, reader);
    return undefined;
  }

  /** From now on the reader is sent what follows a place from the journal. */
  #fallBehind(socket: WebSocket, reader: Reader, position: number): void {
    const log = this.#logOf(reader.subscriptionClass);
    reader.unacked.push(...log.listAfter(Math.max(reader.acked, reader.joined)));
    reader.lag = {
      position,
      waiting: false,
      since: Date.now(),
      stored: undefined,
      isCatchingUp: false,
      next: 0,
    };
    this.#goOn(socket, reader);
  }

  /** Sends a reader that lags what comes next, if it may be sent more. */
  #goOn(socket: WebSocket, reader: Reader): void {
    const { lag } = reader;
    if (lag === undefined || lag.isCatchingUp || (lag.waiting && !this.#hasRoom(reader))) return;
    lag.waiting = false;
    const confirmed = this.#needs.confirm();
    if (confirmed === undefined && (!isOpen(socket) || !this.#sendPage(socket, reader))) return;
    lag.isCatchingUp = true;
    this.#ctx.waitUntil(this.#catchUp(socket, reader, lag));
  }

  /** Sends page after page, letting others have their turn in between. */
  async #catchUp(
    socket: WebSocket,
    reader: Reader,
    lag: NonNullable<Reader['lag']>,
  ): Promise<void> {
    try {
      do {
        await this.#pacer.affordableTurn();
        await this.#needs.confirm();
      } while (reader.lag === lag && isOpen(socket) && this.#sendPage(socket, reader));
    } catch (error) {
      this.#needs.fail([socket], error);
    } finally {
      lag.isCatchingUp = false;
    }
  }

  #hasRoom(reader: Reader): boolean {
    const { events, bytes } = this.#underWay(reader);
    const next = reader.lag?.next ?? 0;
    return events < reader.credit && (events === 0 || bytes + next <= MAX_UNACKED_BYTES);
  }

  /** Sends what comes next, as far as the credit goes. @returns whether there is more to send at once */
  #sendPage(socket: WebSocket, reader: Reader): boolean {
    const { lag, subscriptionClass, credit } = reader;
    if (lag === undefined) return false;
    const { encoding } = subscriptionClass.subscription;
    const batch: Entry[] = [];
    if (this.#journal.trimmedThrough > lag.position) {
      lag.position = this.#journal.trimmedThrough;
      batch.push({ sequence: lag.position, gap: 'forgotten', hub: undefined });
    }
    const underWay = this.#underWay(reader);
    // No more than can be sent, if it wants them all; and enough to find those few that it wants.
    const room = Math.max(credit - underWay.events + 1, MIN_PAGE_EVENTS);
    const pageEvents = Math.min(room, MAX_PAGE_EVENTS);
    const rows = this.#journal.page(lag.position, pageEvents, MAX_PAGE_BYTES);
    this.#pacer.count(rows);
    const entries = rows.map(entryOf);
    const wanted = this.#decide(subscriptionClass, entries);
    for (const [index, entry] of entries.entries()) {
      if (wanted[index]) {
        if ('frame' in entry) {
          const bytes = entry.frame.size(encoding);
          underWay.events++;
          underWay.bytes += bytes;
          lag.waiting =
            underWay.events > credit || (underWay.bytes > MAX_UNACKED_BYTES && underWay.events > 1);
          lag.next = bytes;
          if (lag.waiting) break;
          reader.unacked.push({ sequence: entry.sequence, bytes });
        }
        batch.push(entry);
      }
      lag.position = entry.sequence;
    }
    send(socket, this.#encode(batch, encoding));
    if (!lag.waiting && (lag.position >= this.#journal.last || rows.length === 0)) {
      this.#hasCaughtUp(reader, lag.stored !== undefined);
      return false;
    }
    if (batch.length > 0) lag.since = Date.now();
    if (batch.length > 0 || lag.stored !== storedAs(lag)) this.#store(reader);
    return !lag.waiting;
  }

  #hasCaughtUp(reader: Reader, isStored: boolean): void {
    if (isStored) this.#laggards.delete(reader.id);
    reader.joined = this.#journal.last;
    reader.lag = undefined;
  }

  #store({ id, lag }: Reader): void {
    if (lag === undefined) return;
    this.#laggards.put(id, lag);
    lag.stored = storedAs(lag);
    this.#needs.arm();
  }

  /** How much is under way to a reader. */
  #underWay({ subscriptionClass, acked, joined, unacked, lag }: Reader): {
    events: number;
    bytes: number;
  } {
    const own = unacked.reduce((sum, { bytes }) => sum + bytes, 0);
    if (lag !== undefined) return { events: unacked.length, bytes: own };
    const { events, bytes } = this.#logOf(subscriptionClass).after(Math.max(acked, joined));
    return { events: unacked.length + events, bytes: own + bytes };
  }

  #logOf(subscriptionClass: SubscriptionClass): SentLog {
    let log = this.#logs.get(subscriptionClass);
    if (log === undefined) {
      log = new SentLog();
      this.#logs.set(subscriptionClass, log);
    }
    return log;
  }

  #readerOf(socket: WebSocket, subscriptionClass: SubscriptionClass): Reader {
    const known = this.#readers.get(socket);
    if (known !== undefined) return known;
    const id = this.#idOf(socket) ?? '';
    const credit = (socket.deserializeAttachment() as number | null) ?? DEFAULT_CREDIT;
    const restored = this.#atWaking().get(id);
    const reader: Reader = {
      id,
      subscriptionClass,
      credit,
      acked: 0,
      // What was under way to one that waits is not known any more: all its credit, until it acknowledges.
      unacked: restored?.waiting ? Array.from({ length: credit }, () => FORGOTTEN) : [],
      joined: 0,
      lag: restored && { ...restored, stored: storedAs(restored), isCatchingUp: false, next: 0 },
    };
    this.#readers.set(socket, reader);
    // The hub was stopped while it was sending; it goes on where it was.
    if (restored?.waiting === false) this.#goOn(socket, reader);
    return reader;
  }

  #atWaking(): Map<string, Lag> {
    this.#restored ??= this.#laggards.all();
    return this.#restored;
  }

  #idOf(socket: WebSocket): string | undefined {
    return tagsOf(this.#ctx, socket)
      .find((tag) => tag.startsWith(TAG))
      ?.slice(TAG.length);
  }

  #encode(entries: readonly Entry[], encoding: Encoding): (string | Uint8Array)[] {
    return messagesOf(entries, encoding, (sequence) => this.#cursorAt(sequence));
  }

  #cursorAt(sequence: number): string {
    return encodeCursor({ hub: this.#hubTag, epoch: this.#journal.epoch, sequence });
  }
}

function storedAs({ waiting }: Lag): 'waiting' | 'going on' {
  return waiting ? 'waiting' : 'going on';
}

/** Sends messages. One socket that takes none does not keep others from theirs. */
export function send(socket: WebSocket, messages: readonly (string | Uint8Array)[]): void {
  try {
    for (const message of messages) socket.send(message);
  } catch {
    // It is closing; its close event follows.
  }
}
