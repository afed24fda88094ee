/**
 * The subscribers that speak `carillon.v1`: they acknowledge, and are sent no more than their credit beyond
 * what they acknowledged. One that has fallen behind is sent nothing new; it is caught up from the journal
 * as its acknowledgements come, and costs a row meanwhile, no memory.
 *
 * What is known of a reader beside that row is lost when the hub sleeps. It is then taken for one that has
 * acknowledged everything: those who had fallen behind apart, everybody's credit is full.
 */

import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import {
  decodeClientMessage,
  encodeServerMessage,
  type ReceivedClientMessage,
} from '../../wire/carillon-v1/server-codec.ts';
import type { SignedCursor } from '../../wire/cursor.ts';
import { ACK_TIMEOUT_MS } from '../../wire/limits.ts';
import type { Rights } from '../authority-sync/rights.ts';
import type { TokenExpiry } from '../authority-sync/token-expiry.ts';
import { ReaderSending } from '../delivery/reader-sending.ts';
import type { Sent } from '../delivery/sent-log.ts';
import type { Sending } from '../delivery/stock-sending.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import type { Journal } from '../journal/journal.ts';
import type { Position } from '../journal/position.ts';
import type { JournalEntry } from '../journal/record.ts';
import { DEFAULT_CREDIT } from '../limits.ts';
import {
  isOpen,
  type SubscriptionClass,
  type SubscriptionClasses,
  tagsOf,
} from '../subscribers/classes.ts';
import { ownerOfTags } from '../subscribers/owner.ts';
import { type SocketCloser, sayGoodbye } from '../subscribers/socket-closer.ts';
import { CatchingUp } from './catching-up.ts';
import { type Lag, Laggards } from './laggards.ts';
import type { Pacer } from './pacer.ts';
import { type Reader, readerIdOf, readerTag, storedAs } from './reader.ts';
import { UnderWay } from './under-way.ts';

/** What a client did that is not of the protocol, and the code that its socket is closed with. */
interface Violation {
  readonly code: number;
  readonly message: string;
}

export interface ReaderParts {
  readonly ctx: DurableObjectState;
  readonly journal: Journal;
  readonly cursors: CursorCodec;
  readonly pacer: Pacer;
  readonly classes: SubscriptionClasses;
  readonly rights: Rights;
  readonly closer: SocketCloser;
  readonly budget: TurnBudget;
  readonly tokenExpiry: TokenExpiry;
  readonly alarms: { arm(): void };
}

/** Something under way of which nothing is known: whatever is acknowledged, it is. */
const FORGOTTEN: Sent = { sequence: 0, bytes: 0 };

export class Readers {
  readonly #ctx: DurableObjectState;
  readonly #journal: Journal;
  readonly #classes: SubscriptionClasses;
  readonly #closer: SocketCloser;
  readonly #budget: TurnBudget;
  readonly #laggards: Laggards;
  readonly #underWay = new UnderWay();
  readonly #cursors: CursorCodec;
  readonly #catchingUp: CatchingUp;
  readonly #readers = new WeakMap<WebSocket, Reader>();
  /** Laggards as they were when the hub awoke, until their sockets are met. */
  #restored: Map<string, Lag> | undefined;

  constructor(parts: ReaderParts) {
    const { ctx, journal, cursors, classes, closer, budget } = parts;
    this.#ctx = ctx;
    this.#journal = journal;
    this.#classes = classes;
    this.#closer = closer;
    this.#budget = budget;
    this.#laggards = new Laggards(ctx.storage.sql);
    this.#cursors = cursors;
    this.#catchingUp = new CatchingUp({
      ...parts,
      laggards: this.#laggards,
      underWay: this.#underWay,
    });
  }

  /** Welcomes a socket that was just accepted, and sends it what it has missed, as far as its credit goes. */
  welcome(socket: WebSocket, subscriptionClass: SubscriptionClass, position: Position): void {
    const reader = this.#readerOf(socket, subscriptionClass);
    reader.acked = position.after;
    // What its class was sent before, it was not.
    reader.joined = this.#journal.last;
    const hello = encodeServerMessage(
      {
        type: 'hello',
        cursor: this.#cursors.encode(position.after),
        resumed: position.gap === undefined,
        ...(position.gap && { gap: { reason: position.gap } }),
        credit: reader.credit,
        ack_timeout_ms: ACK_TIMEOUT_MS,
      },
      subscriptionClass.subscription.encoding,
    );
    this.#budget.send(socket, [hello]);
    if (position.after < this.#journal.last)
      this.#catchingUp.fallBehind(socket, reader, position.after);
  }

  /**
   * Prepares what is sent to the readers of a class.
   *
   * @param due in order, all of them in the journal
   * @param through the last sequence that was decided about
   */
  sendingTo(
    subscriptionClass: SubscriptionClass,
    due: readonly JournalEntry[],
    through: number,
  ): Sending {
    return new ReaderSending(
      {
        budget: this.#budget,
        closer: this.#closer,
        underWay: this.#underWay,
        cursors: this.#cursors,
        catchingUp: this.#catchingUp,
        readerOf: (socket) => this.#readerOf(socket, subscriptionClass),
      },
      subscriptionClass,
      due,
      through,
    );
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
    sayGoodbye(socket, subscriptionClass, 'protocol_error', violation.code, violation.message);
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
      const socket = this.#ctx.getWebSockets(readerTag(id)).find(isOpen);
      const subscriptionClass = socket && this.#classes.of(socket);
      if (socket === undefined || subscriptionClass === undefined) {
        this.#laggards.delete(id);
        continue;
      }
      const reader = this.#readerOf(socket, subscriptionClass);
      const { lag } = reader;
      if (lag !== undefined && (!lag.waiting || lag.since > now - ACK_TIMEOUT_MS)) {
        if (!lag.waiting) lag.since = now;
        this.#catchingUp.store(reader);
        this.#catchingUp.goOn(socket, reader);
        continue;
      }
      this.#laggards.delete(id);
      reader.lag = undefined;
      this.#classes.left(subscriptionClass);
      const text = `nothing was acknowledged for ${ACK_TIMEOUT_MS / 1000} seconds`;
      sayGoodbye(socket, subscriptionClass, 'ack_timeout', CLOSE_CODES.ackTimeout, text);
    }
  }

  #heed(socket: WebSocket, reader: Reader, message: ReceivedClientMessage): Violation | undefined {
    if (message.type === 'ack') return this.#ack(socket, reader, message.cursor);
    reader.credit = message.events;
    socket.serializeAttachment(message.events);
    this.#catchingUp.goOn(socket, reader);
    return undefined;
  }

  #ack(socket: WebSocket, reader: Reader, cursor: SignedCursor): Violation | undefined {
    const { lag } = reader;
    if (this.#cursors.originOf(cursor) !== 'own') {
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
    this.#catchingUp.goOn(socket, reader);
    return undefined;
  }

  #readerOf(socket: WebSocket, subscriptionClass: SubscriptionClass): Reader {
    const known = this.#readers.get(socket);
    if (known !== undefined) return known;
    const tags = tagsOf(this.#ctx, socket);
    const id = readerIdOf(tags) ?? '';
    const credit = (socket.deserializeAttachment() as number | null) ?? DEFAULT_CREDIT;
    const restored = this.#atWaking().get(id);
    const reader: Reader = {
      id,
      owner: ownerOfTags(tags),
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
    if (restored?.waiting === false) this.#catchingUp.goOn(socket, reader);
    return reader;
  }

  #atWaking(): Map<string, Lag> {
    this.#restored ??= this.#laggards.all();
    return this.#restored;
  }

  #idOf(socket: WebSocket): string | undefined {
    return readerIdOf(tagsOf(this.#ctx, socket));
  }
}
