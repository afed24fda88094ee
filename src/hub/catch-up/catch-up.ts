/**
 * Sends `carillon.v1` subscribers that lag behind what they missed: page after page from the journal, within their
 * credit. The position of each is stored, so the hub can sleep while they acknowledge.
 */

import type { Alarms } from '../../objects/alarms.ts';
import { MAX_UNACKED_BYTES } from '../../wire/limits.ts';
import type { TokenExpiry } from '../authority-sync/token-expiry.ts';
import type { EntryMatcher } from '../delivery/entry-matcher.ts';
import { encodeEntries } from '../delivery/entry-messages.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { AckingSubscriber, Lag } from '../flow-control/acking-subscriber.ts';
import type { LagTable } from '../flow-control/lag-table.ts';
import type { Unacknowledged } from '../flow-control/unacknowledged.ts';
import type { HubMeter } from '../hub-meter.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import type { JournalEntry } from '../journal/record.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import { MAX_PAGE_BYTES, MAX_PAGE_EVENTS, MIN_PAGE_EVENTS } from '../limits.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import { isOpen } from '../subscribers/subscription-classes.ts';
import type { ReplayThrottle } from './replay-throttle.ts';
import { RoomQueue } from './room-queue.ts';

interface CatchUpParts {
  readonly ctx: DurableObjectState;
  readonly alarms: Alarms;
  readonly journal: SubscriberJournal;
  readonly cursors: CursorCodec;
  readonly throttle: ReplayThrottle;
  readonly entryMatcher: EntryMatcher;
  readonly tokenExpiry: TokenExpiry;
  readonly closer: SocketCloser;
  readonly budget: TurnBudget;
  readonly meter: HubMeter;
  readonly lags: LagTable;
  readonly unacknowledged: Unacknowledged;
}

export class CatchUp {
  readonly #parts: CatchUpParts;
  readonly #waiting = new RoomQueue();

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /** Whether a subscriber waits because others hold too much unacknowledged. */
  get isShortOfRoom(): boolean {
    return !this.#waiting.isEmpty;
  }

  /** Something was acknowledged, or a subscriber has left: those that wait for room try again. */
  admitWaiting(): void {
    if (this.#waiting.isEmpty) return;
    const { ctx, budget, throttle } = this.#parts;
    const turn = () => (budget.isSpent ? throttle.nextTurn() : undefined);
    ctx.waitUntil(this.#waiting.admit(turn, (...waiting) => this.resume(...waiting)));
  }

  /** The socket of the subscriber has closed. */
  left(subscriber: AckingSubscriber): void {
    this.#waiting.delete(subscriber);
    this.admitWaiting();
  }

  /**
   * From now on the subscriber gets what follows a sequence from the journal, and not what its class is sent.
   *
   * @param nextBytes the size of the next event, if the hub has no room for it
   */
  fallBehind(
    socket: WebSocket,
    subscriber: AckingSubscriber,
    position: number,
    nextBytes = 0,
  ): void {
    this.#parts.meter.counts.fallenBehind++;
    const { subscriptionClass, ackedThrough, liveAfter } = subscriber;
    const log = this.#parts.unacknowledged.logOf(subscriptionClass);
    subscriber.ownUnacked.push(...log.listAfter(Math.max(ackedThrough, liveAfter)));
    subscriber.lag = {
      position,
      outOfCredit: false,
      progressAt: Date.now(),
      storedOutOfCredit: undefined,
      isCatchingUp: false,
      nextBytes,
    };
    this.resume(socket, subscriber);
  }

  /** Sends what comes next to a subscriber that lags, if its credit allows it. */
  resume(socket: WebSocket, subscriber: AckingSubscriber): void {
    const { ctx, journal, tokenExpiry, budget, unacknowledged } = this.#parts;
    const { lag } = subscriber;
    if (lag === undefined || lag.isCatchingUp) return;
    if (lag.outOfCredit && !this.#hasCredit(subscriber, lag)) return;
    lag.outOfCredit = false;
    if (!unacknowledged.hasRoomFor(subscriber, lag.nextBytes)) {
      this.#waiting.add(subscriber, socket);
      if (lag.storedOutOfCredit !== false) this.store(subscriber);
      return;
    }
    this.#waiting.delete(subscriber);
    const isLoaded = journal.load(lag.position) === undefined;
    const isAtOnce = isLoaded && !budget.isSpent && tokenExpiry.enforce() === undefined;
    if (isAtOnce && (!isOpen(socket) || !this.#sendPage(socket, subscriber))) return;
    // A hub that is stopped before the next turn continues from here.
    if (lag.storedOutOfCredit === undefined) this.store(subscriber);
    lag.isCatchingUp = true;
    ctx.waitUntil(this.#sendPages(socket, subscriber, lag));
  }

  /** Stores how far the subscriber is. */
  store({ id, lag }: AckingSubscriber): void {
    if (lag === undefined) return;
    this.#parts.lags.put(id, lag);
    lag.storedOutOfCredit = lag.outOfCredit;
    this.#parts.alarms.arm();
  }

  /** Sends page after page, each in a turn of its own. */
  async #sendPages(socket: WebSocket, subscriber: AckingSubscriber, lag: Lag): Promise<void> {
    const { journal, throttle, tokenExpiry, closer } = this.#parts;
    try {
      do {
        await throttle.affordableTurn(subscriber.owner.name);
        await tokenExpiry.enforce();
        const loading = journal.load(lag.position);
        if (loading !== undefined) await loading;
      } while (subscriber.lag === lag && isOpen(socket) && this.#sendPage(socket, subscriber));
    } catch (error) {
      closer.fail([socket], error);
    } finally {
      lag.isCatchingUp = false;
    }
  }

  #hasCredit(subscriber: AckingSubscriber, { nextBytes }: Lag): boolean {
    const { events, bytes } = this.#parts.unacknowledged.of(subscriber);
    const hasRoom = events === 0 || bytes + nextBytes <= MAX_UNACKED_BYTES;
    return events < subscriber.credit && hasRoom;
  }

  /** Sends a page, within the credit. @returns whether there is more to send at once */
  #sendPage(socket: WebSocket, subscriber: AckingSubscriber): boolean {
    const { journal, throttle, entryMatcher, cursors, budget, unacknowledged, meter } = this.#parts;
    const { lag, subscriptionClass, credit } = subscriber;
    if (lag === undefined) return false;
    const { encoding } = subscriptionClass.subscription;
    const batch: JournalEntry[] = [];
    if (journal.trimmedThrough > lag.position) {
      lag.position = journal.trimmedThrough;
      batch.push({ sequence: lag.position, gap: 'forgotten', hub: undefined });
    }
    let { events, bytes } = unacknowledged.of(subscriber);
    let sent = 0;
    let hasRoom = true;
    // No more than the credit allows if the subscriber wants all, and enough to find the few that it may want.
    const room = Math.max(credit - events + 1, MIN_PAGE_EVENTS);
    const page = journal.read(lag.position, Math.min(room, MAX_PAGE_EVENTS), MAX_PAGE_BYTES);
    throttle.count(subscriber.owner.name, page.bytes);
    for (const entry of page.entries) {
      if (entryMatcher.matches(subscriptionClass, entry)) {
        if ('frame' in entry) {
          const size = entry.frame.size(encoding);
          events++;
          bytes += size;
          lag.outOfCredit = events > credit || (bytes > MAX_UNACKED_BYTES && events > 1);
          lag.nextBytes = size;
          if (lag.outOfCredit) break;
          hasRoom = unacknowledged.hasRoomFor(subscriber, sent + size);
          if (!hasRoom) break;
          sent += size;
          subscriber.ownUnacked.push({ sequence: entry.sequence, bytes: size });
          meter.counts.missedToAcking++;
        }
        batch.push(entry);
      }
      lag.position = entry.sequence;
      if (budget.isSpent) break;
    }
    // A replica does not have what its subscribers do not want.
    const { sequence } = page.entries.at(-1) ?? { sequence: lag.position };
    if (lag.position === sequence) lag.position = page.through;
    const asks = !hasRoom || unacknowledged.asksWith(subscriber, sent);
    budget.send(socket, encodeEntries(batch, encoding, cursors, asks));
    unacknowledged.sent(subscriber, sent, asks);
    if (!hasRoom) this.#waiting.add(subscriber, socket);
    if (hasRoom && !lag.outOfCredit && lag.position >= journal.last) {
      this.#goLive(subscriber, lag);
      return false;
    }
    if (batch.length > 0) lag.progressAt = Date.now();
    if (batch.length > 0 || lag.storedOutOfCredit !== lag.outOfCredit) this.store(subscriber);
    return hasRoom && !lag.outOfCredit;
  }

  #goLive(subscriber: AckingSubscriber, { storedOutOfCredit }: Lag): void {
    if (storedOutOfCredit !== undefined) this.#parts.lags.delete(subscriber.id);
    subscriber.liveAfter = this.#parts.journal.last;
    subscriber.lag = undefined;
  }
}
