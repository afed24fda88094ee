/** Sends to the stock subscribers of a class what is new, no more at once than one is sent when it comes back. */
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { Rights } from '../authority-sync/rights.ts';
import type { Journal } from '../journal/journal.ts';
import { sequenceOfId } from '../journal/position.ts';
import type { JournalEntry } from '../journal/record.ts';
import type { SubscriptionClass } from '../subscribers/classes.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import { type Burst, burstWith, EMPTY_BURST } from './burst.ts';
import type { TurnBudget } from './turn-budget.ts';

/** Sends the same to the sockets of a class, one after the other. */
export interface Sending {
  to(socket: WebSocket): void;
  /** For the sockets that follow, by other rights. */
  changed(due: readonly JournalEntry[]): void;
  /** All sockets have been sent it. */
  end(): void;
}

/** What each class was sent in one delivery so far. */
export type Bursts = Map<SubscriptionClass, Burst>;

export interface StockSendingParts {
  readonly journal: Journal;
  readonly rights: Rights;
  readonly closer: SocketCloser;
  readonly budget: TurnBudget;
  /** Up to where a socket was sent everything when it came. */
  joinedAt(socket: WebSocket): number;
}

export class StockSending implements Sending {
  readonly #parts: StockSendingParts;
  readonly #class: SubscriptionClass;
  readonly #bursts: Bursts;
  readonly #before: Burst;
  #burst: Burst;
  #messages: (string | Uint8Array)[] = [];
  #first = 0;
  #isFull = false;

  constructor(
    parts: StockSendingParts,
    subscriptionClass: SubscriptionClass,
    due: readonly JournalEntry[],
    bursts: Bursts,
  ) {
    this.#parts = parts;
    this.#class = subscriptionClass;
    this.#bursts = bursts;
    this.#before = bursts.get(subscriptionClass) ?? EMPTY_BURST;
    this.#burst = this.#before;
    this.changed(due);
  }

  changed(due: readonly JournalEntry[]): void {
    const { journal, rights } = this.#parts;
    const { encoding } = this.#class.subscription;
    const access = rights.accessOf(this.#class);
    const placeOfId = (id: string) =>
      sequenceOfId(id, journal, (facts) => access.mayReceive(facts).allowed);
    this.#burst = this.#before;
    this.#messages = [];
    this.#isFull = false;
    this.#first = due[0]?.sequence ?? 0;
    for (const entry of due) {
      // A stock subscriber cannot be told of a gap here; it is when it comes back.
      if (!('frame' in entry)) continue;
      const burst = burstWith(this.#burst, entry, encoding, placeOfId);
      this.#isFull = burst === undefined;
      if (burst === undefined) break;
      this.#burst = burst;
      this.#messages.push(entry.frame.in(encoding));
    }
  }

  to(socket: WebSocket): void {
    const { budget, closer, joinedAt } = this.#parts;
    if (this.#messages.length === 0 || joinedAt(socket) >= this.#first) return;
    budget.send(socket, this.#messages);
    if (!this.#isFull) return;
    closer.close([socket], 'unavailable', CLOSE_CODES.tryAgainLater, 'resume');
  }

  end(): void {
    this.#bursts.set(this.#class, this.#burst);
  }
}
