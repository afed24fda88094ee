/** Sends new events to the stock subscribers of a class, within their window. */
import type { EventFacts } from '../../event/facts.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { Authorizer } from '../authority-sync/authorizer.ts';
import type { HubMeter } from '../hub-meter.ts';
import { leadsBack } from '../journal/position.ts';
import type { EventEntry, JournalEntry } from '../journal/record.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import { noteCut } from '../returns/cut.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import type { ClassSender, Messages } from './send.ts';
import { addToWindow, EMPTY_WINDOW, type StockWindow } from './stock-window.ts';
import type { TurnBudget } from './turn-budget.ts';

/** What each class was sent in one delivery so far. */
export type StockWindows = Map<SubscriptionClass, StockWindow>;

export interface StockSenderParts {
  readonly journal: SubscriberJournal;
  readonly authorizer: Authorizer;
  readonly closer: SocketCloser;
  readonly budget: TurnBudget;
  readonly meter: HubMeter;
  /** The last sequence that a socket was sent, or did not want, when it was accepted. */
  readonly liveAfter: WeakMap<WebSocket, number>;
}

export class StockSender implements ClassSender {
  readonly #parts: StockSenderParts;
  readonly #class: SubscriptionClass;
  readonly #windows: StockWindows;
  readonly #before: StockWindow;
  #window: StockWindow;
  #toSend: Messages = { messages: [], bytes: 0 };
  #first = 0;
  #isFull = false;

  constructor(
    parts: StockSenderParts,
    subscriptionClass: SubscriptionClass,
    entries: readonly JournalEntry[],
    windows: StockWindows,
  ) {
    this.#parts = parts;
    this.#class = subscriptionClass;
    this.#windows = windows;
    this.#before = windows.get(subscriptionClass) ?? EMPTY_WINDOW;
    this.#window = this.#before;
    this.replaceEntries(entries);
  }

  replaceEntries(entries: readonly JournalEntry[]): void {
    const { journal, authorizer } = this.#parts;
    const { encoding } = this.#class.subscription;
    const access = authorizer.accessOf(this.#class);
    const mayReceive = (facts: EventFacts) => access.mayReceive(facts).allowed;
    const returnsTo = (event: EventEntry) => leadsBack(event, journal, mayReceive);
    this.#window = this.#before;
    this.#isFull = false;
    this.#first = entries[0]?.sequence ?? 0;
    const messages: (string | Uint8Array)[] = [];
    for (const entry of entries) {
      // A stock subscriber cannot be told of a gap here, but it is told when it reconnects.
      if (!('frame' in entry)) continue;
      const window = addToWindow(this.#window, entry, encoding, returnsTo);
      this.#isFull = window === undefined;
      if (window === undefined) break;
      this.#window = window;
      messages.push(entry.frame.in(encoding));
    }
    this.#toSend = { messages, bytes: this.#window.bytes - this.#before.bytes };
  }

  sendTo(socket: WebSocket): void {
    const { budget, closer, meter, liveAfter } = this.#parts;
    if ((liveAfter.get(socket) ?? 0) >= this.#first) return;
    const { length } = this.#toSend.messages;
    if (length > 0) budget.send(socket, this.#toSend);
    meter.counts.liveToStock += length;
    // Also if there is no room for the first: what it was sent before in this delivery may have filled its window.
    if (!this.#isFull) return;
    noteCut(socket, this.#window.last?.sequence ?? 0);
    closer.close([socket], 'unavailable', CLOSE_CODES.tryAgainLater, 'resume');
  }

  finish(): void {
    this.#windows.set(this.#class, this.#window);
  }
}
