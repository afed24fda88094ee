/**
 * How what was appended to the journal comes to the subscribers of a hub: matched once a subscription,
 * authorised once for all who may see the same, encoded once a format.
 *
 * Little is sent at once. Much is sent in turns of the event loop, so that others are answered and the sockets
 * drain in between: socket by socket, each all its frames, because the first send to a socket costs more than
 * those that follow. What is decided and who is there is asked when it is needed: a right that was withdrawn
 * counts from the next turn on, and a socket that came after the events were released is not sent them again.
 */

import type { Matcher } from '../../subscription/matcher.ts';
import type { Rights } from '../authority-sync/rights.ts';
import type { TokenExpiry } from '../authority-sync/token-expiry.ts';
import type { Readers } from '../catch-up/readers.ts';
import type { Journal } from '../journal/journal.ts';
import type { JournalEntry } from '../journal/record.ts';
import { MAX_HELD_DECISIONS } from '../limits.ts';
import {
  isOpen,
  type SubscriptionClass,
  type SubscriptionClasses,
} from '../subscribers/classes.ts';
import type { SocketCloser } from '../subscribers/socket-closer.ts';
import { Decisions } from './decisions.ts';
import type { DeliveryMark } from './delivery-mark.ts';
import { type Bursts, type Sending, StockSending } from './stock-sending.ts';
import type { TurnBudget } from './turn-budget.ts';

/** What delivering needs to know, and whom to ask. */
export interface DeliveryParts {
  readonly ctx: DurableObjectState;
  readonly journal: Journal;
  readonly classes: SubscriptionClasses;
  readonly tokenExpiry: TokenExpiry;
  readonly rights: Rights;
  readonly readers: Readers;
  readonly closer: SocketCloser;
  readonly budget: TurnBudget;
  readonly mark: DeliveryMark;
}

/**
 * After so many turns a delivery is marked in storage. That is two rows and a wait for the disk, which a few events
 * for a thousand sockets are not worth: a tenth of a second later they are sent, and a hub is not put to sleep
 * while a request is under way.
 */
const TURNS_BEFORE_MARK = 16;

/** Work that is done bit by bit: between any two, others may have their turn. */
type Work<T = void> = Generator<undefined, T>;

export class Delivery {
  readonly #parts: DeliveryParts;
  /** The last of the deliveries that take several turns: they follow each other. */
  #last: Promise<void> | undefined;
  #underWay = 0;
  #isMarked = false;
  /** Up to where a stock subscriber was sent everything when it came; since the hub awoke. */
  readonly #joined = new WeakMap<WebSocket, number>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Notes that a stock subscriber has come and has everything that there is. */
  joins(socket: WebSocket): void {
    this.#joined.set(socket, this.#parts.journal.last);
  }

  /**
   * Sends what was appended to the journal, in its order, to every subscriber who wants and may see it.
   * It is accepted, whatever happens here: who cannot be served is closed, and gets it when it comes back.
   *
   * @returns undefined where all has been sent; else it resolves when it has
   */
  deliver(entries: readonly JournalEntry[]): Promise<void> | undefined {
    const { ctx, classes, budget } = this.#parts;
    if (classes.size === 0 || entries.length === 0) return undefined;
    const work = this.#deliverAll(entries);
    if (this.#last === undefined) {
      budget.begin();
      if (this.#advance(work)) return undefined;
    }
    this.#underWay++;
    const delivered = this.#deliverInTurns(work, this.#last);
    this.#last = delivered;
    ctx.waitUntil(delivered);
    return delivered;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#last !== undefined) await this.#last;
  }

  async #deliverInTurns(work: Work, before: Promise<void> | undefined): Promise<void> {
    const { ctx, closer, budget, mark } = this.#parts;
    await before;
    try {
      let turns = 0;
      do {
        if (++turns === TURNS_BEFORE_MARK) await this.#mark();
        await budget.turn();
      } while (!this.#advance(work));
      if (this.#underWay === 1 && this.#isMarked) {
        mark.clear();
        this.#isMarked = false;
      }
    } catch (error) {
      closer.fail(ctx.getWebSockets(), error);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#last = undefined;
    }
  }

  async #mark(): Promise<void> {
    if (this.#isMarked) return;
    this.#isMarked = true;
    await this.#parts.mark.set();
  }

  /** Goes on until the budget of the turn is spent. @returns whether everything is done */
  #advance(work: Work): boolean {
    const { ctx, tokenExpiry, closer, budget } = this.#parts;
    try {
      tokenExpiry.closeExpired(Date.now());
      do if (work.next().done) return true;
      while (!budget.isSpent);
      return false;
    } catch (error) {
      closer.fail(ctx.getWebSockets(), error);
      return true;
    }
  }

  *#deliverAll(entries: readonly JournalEntry[]): Work {
    const bursts: Bursts = new Map();
    for (let next = 0; next < entries.length; ) {
      const together = Math.ceil(MAX_HELD_DECISIONS / Math.max(this.#parts.classes.size, 1));
      yield* this.#deliverSome(entries.slice(next, next + together), bursts);
      next += together;
    }
  }

  *#deliverSome(entries: readonly JournalEntry[], bursts: Bursts): Work {
    const { ctx, classes, rights, closer } = this.#parts;
    const decisions = new Decisions(entries, rights);
    for (const [matcher, concerning] of yield* this.#concernedBy(entries)) {
      for (const subscriptionClass of [...classes.matchers.classesOf(matcher)]) {
        try {
          yield* this.#deliverTo(subscriptionClass, entries, concerning, decisions, bursts);
        } catch (error) {
          closer.fail(ctx.getWebSockets(subscriptionClass.tag), error);
        }
      }
    }
  }

  /** The matchers that any of the entries concerns, and which do, by their places. */
  *#concernedBy(entries: readonly JournalEntry[]): Work<Map<Matcher, number[]>> {
    const { classes, rights, budget } = this.#parts;
    const concerned = new Map<Matcher, number[]>();
    for (const [index, entry] of entries.entries()) {
      const matchers =
        'frame' in entry ? classes.matchers.candidates(entry.facts) : classes.matchers.all();
      for (const matcher of matchers) {
        if (budget.isSpent) yield;
        if (!rights.concerns(matcher, entry)) continue;
        const concerning = concerned.get(matcher);
        if (concerning === undefined) concerned.set(matcher, [index]);
        else concerning.push(index);
      }
    }
    return concerned;
  }

  *#deliverTo(
    subscriptionClass: SubscriptionClass,
    entries: readonly JournalEntry[],
    concerning: readonly number[],
    decisions: Decisions,
    bursts: Bursts,
  ): Work {
    const { ctx, rights, budget } = this.#parts;
    const through = entries.at(-1)?.sequence ?? 0;
    let { due, key } = yield* this.#due(subscriptionClass, entries, concerning, decisions);
    if (due.length === 0) return;
    const sockets = ctx.getWebSockets(subscriptionClass.tag);
    if (sockets.length === 0) return;
    const sending = this.#sendingTo(subscriptionClass, due, through, bursts);
    for (const socket of sockets) {
      if (budget.isSpent) {
        yield;
        if (rights.keyOf(subscriptionClass) !== key) {
          ({ due, key } = yield* this.#due(subscriptionClass, entries, concerning, decisions));
          sending.changed(due);
        }
      }
      if (isOpen(socket)) sending.to(socket);
    }
    sending.end();
  }

  /** What is for a class, by rights that hold when it is all decided; and the key of these rights. */
  *#due(
    subscriptionClass: SubscriptionClass,
    entries: readonly JournalEntry[],
    concerning: readonly number[],
    decisions: Decisions,
  ): Work<{ due: readonly JournalEntry[]; key: string }> {
    const { rights, budget } = this.#parts;
    for (;;) {
      const key = rights.keyOf(subscriptionClass);
      const due: JournalEntry[] = [];
      for (const index of concerning) {
        if (budget.isSpent) yield;
        const entry = entries[index];
        if (entry !== undefined && decisions.isDue(subscriptionClass, index)) due.push(entry);
      }
      if (key === rights.keyOf(subscriptionClass)) return { due, key };
    }
  }

  #sendingTo(
    subscriptionClass: SubscriptionClass,
    due: readonly JournalEntry[],
    through: number,
    bursts: Bursts,
  ): Sending {
    if (subscriptionClass.subscription.protocol === 'carillon.v1') {
      return this.#parts.readers.sendingTo(subscriptionClass, due, through);
    }
    return new StockSending(
      { ...this.#parts, joinedAt: (socket) => this.#joined.get(socket) ?? 0 },
      subscriptionClass,
      due,
      bursts,
    );
  }
}
