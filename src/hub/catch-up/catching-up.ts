/**
 * `carillon.v1` readers that have fallen behind: each is sent from the journal what follows its place, page
 * after page, as far as its credit goes. Its place is a row, so the hub may sleep meanwhile.
 */

import { MAX_UNACKED_BYTES } from '../../wire/limits.ts';
import type { Rights } from '../authority-sync/rights.ts';
import type { TokenExpiry } from '../authority-sync/token-expiry.ts';
import { messagesOf } from '../delivery/reader-messages.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import type { Journal } from '../journal/journal.ts';
import { decodeRecord, type JournalEntry } from '../journal/record.ts';
import { MAX_PAGE_BYTES, MAX_PAGE_EVENTS, MIN_PAGE_EVENTS } from '../limits.ts';
import { isOpen } from '../subscribers/classes.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import type { Laggards } from './laggards.ts';
import type { Pacer } from './pacer.ts';
import { type Reader, storedAs } from './reader.ts';
import type { UnderWay } from './under-way.ts';

export interface CatchingUpParts {
  readonly ctx: DurableObjectState;
  readonly journal: Journal;
  readonly pacer: Pacer;
  readonly rights: Rights;
  readonly closer: SocketCloser;
  readonly budget: TurnBudget;
  readonly laggards: Laggards;
  readonly underWay: UnderWay;
  readonly cursors: CursorCodec;
  readonly tokenExpiry: TokenExpiry;
  readonly alarms: { arm(): void };
}

export class CatchingUp {
  readonly #parts: CatchingUpParts;

  constructor(parts: CatchingUpParts) {
    this.#parts = parts;
  }

  /** From now on the reader is sent what follows a place from the journal. */
  fallBehind(socket: WebSocket, reader: Reader, position: number): void {
    const log = this.#parts.underWay.logOf(reader.subscriptionClass);
    reader.unacked.push(...log.listAfter(Math.max(reader.acked, reader.joined)));
    reader.lag = {
      position,
      waiting: false,
      since: Date.now(),
      stored: undefined,
      isCatchingUp: false,
      next: 0,
    };
    this.goOn(socket, reader);
  }

  /** Sends a reader that lags what comes next, if it may be sent more. */
  goOn(socket: WebSocket, reader: Reader): void {
    const { lag } = reader;
    if (lag === undefined || lag.isCatchingUp || (lag.waiting && !this.#hasRoom(reader))) return;
    lag.waiting = false;
    const mayGoOn = !this.#parts.budget.isSpent && this.#parts.tokenExpiry.enforce() === undefined;
    if (mayGoOn && (!isOpen(socket) || !this.#sendPage(socket, reader))) return;
    // A hub that is stopped before the next turn goes on from here.
    if (lag.stored === undefined) this.store(reader);
    lag.isCatchingUp = true;
    this.#parts.ctx.waitUntil(this.#catchUp(socket, reader, lag));
  }

  /** Sends page after page, letting others have their turn in between. */
  async #catchUp(
    socket: WebSocket,
    reader: Reader,
    lag: NonNullable<Reader['lag']>,
  ): Promise<void> {
    try {
      do {
        await this.#parts.pacer.affordableTurn(reader.owner);
        await this.#parts.tokenExpiry.enforce();
      } while (reader.lag === lag && isOpen(socket) && this.#sendPage(socket, reader));
    } catch (error) {
      this.#parts.closer.fail([socket], error);
    } finally {
      lag.isCatchingUp = false;
    }
  }

  #hasRoom(reader: Reader): boolean {
    const { events, bytes } = this.#parts.underWay.of(reader);
    const next = reader.lag?.next ?? 0;
    return events < reader.credit && (events === 0 || bytes + next <= MAX_UNACKED_BYTES);
  }

  /** Sends what comes next, as far as the credit goes. @returns whether there is more to send at once */
  #sendPage(socket: WebSocket, reader: Reader): boolean {
    const { journal, pacer, rights, cursors, budget } = this.#parts;
    const { lag, subscriptionClass, credit } = reader;
    if (lag === undefined) return false;
    const { encoding } = subscriptionClass.subscription;
    const batch: JournalEntry[] = [];
    if (journal.trimmedThrough > lag.position) {
      lag.position = journal.trimmedThrough;
      batch.push({ sequence: lag.position, gap: 'forgotten', hub: undefined });
    }
    const underWay = this.#parts.underWay.of(reader);
    // No more than can be sent, if it wants them all; and enough to find those few that it wants.
    const room = Math.max(credit - underWay.events + 1, MIN_PAGE_EVENTS);
    const pageEvents = Math.min(room, MAX_PAGE_EVENTS);
    const rows = journal.read(lag.position, pageEvents, MAX_PAGE_BYTES);
    pacer.count(reader.owner, rows);
    const entries = rows.map(decodeRecord);
    for (const entry of entries) {
      if (rights.isDue(subscriptionClass, entry)) {
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
      if (budget.isSpent) break;
    }
    budget.send(socket, messagesOf(batch, encoding, cursors));
    if (!lag.waiting && (lag.position >= journal.last || rows.length === 0)) {
      this.#hasCaughtUp(reader, lag.stored !== undefined);
      return false;
    }
    if (batch.length > 0) lag.since = Date.now();
    if (batch.length > 0 || lag.stored !== storedAs(lag)) this.store(reader);
    return !lag.waiting;
  }

  #hasCaughtUp(reader: Reader, isStored: boolean): void {
    if (isStored) this.#parts.laggards.delete(reader.id);
    reader.joined = this.#parts.journal.last;
    reader.lag = undefined;
  }

  store({ id, lag }: Reader): void {
    if (lag === undefined) return;
    this.#parts.laggards.put(id, lag);
    lag.stored = storedAs(lag);
    this.#parts.alarms.arm();
  }
}
