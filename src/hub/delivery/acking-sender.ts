/** Sends new events to the `carillon.v1` subscribers of a class, within the credit of each. */
import type { CatchUp } from '../catch-up/catch-up.ts';
import type { AckingSubscribers } from '../flow-control/acking-subscribers.ts';
import type { Unacknowledged } from '../flow-control/unacknowledged.ts';
import type { HubMeter } from '../hub-meter.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import type { EventEntry, JournalEntry } from '../journal/record.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import { encodeEntries } from './entry-messages.ts';
import type { ClassSender, Messages } from './send.ts';
import type { TurnBudget } from './turn-budget.ts';

export interface AckingSenderParts {
  readonly budget: TurnBudget;
  readonly meter: HubMeter;
  readonly closer: SocketCloser;
  readonly unacknowledged: Unacknowledged;
  readonly cursors: CursorCodec;
  readonly catchUp: CatchUp;
  readonly ackingSubscribers: AckingSubscribers;
}

export class AckingSender implements ClassSender {
  readonly #parts: AckingSenderParts;
  readonly #class: SubscriptionClass;
  readonly #entries: readonly JournalEntry[];
  readonly #through: number;
  readonly #events: readonly EventEntry[];
  readonly #sizes: readonly number[];
  readonly #bytes: number;
  #messages: Messages | undefined;
  /** The same, with the question for an acknowledgement. */
  #askingMessages: Messages | undefined;
  #largestCredit = 0;
  #isOutdated = false;

  /** @param through the last sequence of the delivery, wanted or not */
  constructor(
    parts: AckingSenderParts,
    subscriptionClass: SubscriptionClass,
    entries: readonly JournalEntry[],
    through: number,
  ) {
    this.#parts = parts;
    this.#class = subscriptionClass;
    this.#entries = entries;
    this.#through = through;
    const { encoding } = subscriptionClass.subscription;
    this.#events = entries.filter((entry) => 'frame' in entry);
    this.#sizes = this.#events.map(({ frame }) => frame.size(encoding));
    this.#bytes = this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  sendTo(socket: WebSocket): void {
    const { budget, closer, meter, unacknowledged, catchUp, ackingSubscribers } = this.#parts;
    const subscriber = ackingSubscribers.of(socket, this.#class);
    this.#largestCredit = Math.max(this.#largestCredit, subscriber.credit);
    if (subscriber.lag !== undefined || subscriber.liveAfter >= this.#through) return;
    const added = { events: this.#events.length, bytes: this.#bytes };
    const hasRoom = unacknowledged.hasRoomFor(subscriber, this.#bytes);
    if (this.#isOutdated || !hasRoom || unacknowledged.exceedsWith(subscriber, added)) {
      try {
        const nextBytes = hasRoom ? 0 : (this.#sizes[0] ?? 0);
        catchUp.fallBehind(socket, subscriber, (this.#entries[0]?.sequence ?? 1) - 1, nextBytes);
      } catch (error) {
        closer.fail([socket], error);
      }
      return;
    }
    const asks = unacknowledged.asksWith(subscriber, this.#bytes);
    budget.send(socket, asks ? this.#asking : this.#plain);
    meter.counts.liveToAcking += this.#events.length;
    unacknowledged.sent(subscriber, this.#bytes, asks);
  }

  get #plain(): Messages {
    this.#messages ??= this.#encode(false);
    return this.#messages;
  }

  get #asking(): Messages {
    this.#askingMessages ??= this.#encode(true);
    return this.#askingMessages;
  }

  #encode(asksForAck: boolean): Messages {
    const { encoding } = this.#class.subscription;
    return encodeEntries(this.#entries, encoding, this.#parts.cursors, asksForAck);
  }

  /** The sockets that follow get their entries from the journal, decided by the new policies. */
  replaceEntries(): void {
    this.#isOutdated = true;
  }

  finish(): void {
    const log = this.#parts.unacknowledged.logOf(this.#class);
    for (const [index, { sequence }] of this.#events.entries()) {
      log.push(sequence, this.#sizes[index] ?? 0, this.#largestCredit);
    }
  }
}
