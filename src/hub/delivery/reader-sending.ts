/** Sends to the `carillon.v1` readers of a class what is new, as far as the credit of each goes. */
import type { CatchingUp } from '../catch-up/catching-up.ts';
import type { Reader } from '../catch-up/reader.ts';
import type { UnderWay } from '../catch-up/under-way.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import type { EventEntry, JournalEntry } from '../journal/record.ts';
import type { SubscriptionClass } from '../subscribers/classes.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import { messagesOf } from './reader-messages.ts';
import type { Sending } from './stock-sending.ts';
import type { TurnBudget } from './turn-budget.ts';

export interface ReaderSendingParts {
  readonly budget: TurnBudget;
  readonly closer: SocketCloser;
  readonly underWay: UnderWay;
  readonly cursors: CursorCodec;
  readonly catchingUp: CatchingUp;
  readerOf(socket: WebSocket): Reader;
}

export class ReaderSending implements Sending {
  readonly #parts: ReaderSendingParts;
  readonly #class: SubscriptionClass;
  readonly #due: readonly JournalEntry[];
  readonly #through: number;
  readonly #events: readonly EventEntry[];
  readonly #sizes: readonly number[];
  readonly #bytes: number;
  #messages: readonly (string | Uint8Array)[] | undefined;
  #largestCredit = 0;
  #hasChanged = false;

  constructor(
    parts: ReaderSendingParts,
    subscriptionClass: SubscriptionClass,
    due: readonly JournalEntry[],
    through: number,
  ) {
    this.#parts = parts;
    this.#class = subscriptionClass;
    this.#due = due;
    this.#through = through;
    const { encoding } = subscriptionClass.subscription;
    this.#events = due.filter((entry) => 'frame' in entry);
    this.#sizes = this.#events.map(({ frame }) => frame.size(encoding));
    this.#bytes = this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  to(socket: WebSocket): void {
    const { budget, closer, underWay, cursors, catchingUp, readerOf } = this.#parts;
    const reader = readerOf(socket);
    this.#largestCredit = Math.max(this.#largestCredit, reader.credit);
    if (reader.lag !== undefined || reader.joined >= this.#through) return;
    const more = { events: this.#events.length, bytes: this.#bytes };
    if (this.#hasChanged || underWay.exceeds(reader, more)) {
      try {
        catchingUp.fallBehind(socket, reader, (this.#due[0]?.sequence ?? 1) - 1);
      } catch (error) {
        closer.fail([socket], error);
      }
      return;
    }
    this.#messages ??= messagesOf(this.#due, this.#class.subscription.encoding, cursors);
    budget.send(socket, this.#messages);
  }

  /** What follows is read from the journal, and so decided by the rights as they are. */
  changed(): void {
    this.#hasChanged = true;
  }

  end(): void {
    const log = this.#parts.underWay.logOf(this.#class);
    for (const [index, { sequence }] of this.#events.entries()) {
      log.push(sequence, this.#sizes[index] ?? 0, this.#largestCredit);
    }
  }
}
