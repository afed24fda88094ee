/**
 * Delivers what was appended to the journal to the subscribers of a hub. An entry is matched once per
 * subscription, authorized once per set of equal rights, and encoded once per format.
 *
 * A small delivery is sent at once. A large one takes several turns of the event loop, so that others are answered
 * and the sockets drain in between. It goes socket by socket, each with all its frames, because the first send to a
 * socket costs more than those that follow. Policies and sockets are looked up when they are needed: a revocation
 * counts from the next turn on, and a socket that was accepted after the entries became visible is not sent them
 * again.
 */

import type { Matcher } from '../../subscription/matcher.ts';
import type { Authorizer } from '../authority-sync/authorizer.ts';
import type { TokenExpiry } from '../authority-sync/token-expiry.ts';
import type { JournalEntry } from '../journal/record.ts';
import { MAX_HELD_DECISIONS } from '../limits.ts';
import {
  isOpen,
  type SubscriptionClass,
  type SubscriptionClasses,
} from '../subscribers/subscription-classes.ts';
import { AckingSender, type AckingSenderParts } from './acking-sender.ts';
import { DecisionCache } from './decision-cache.ts';
import type { EntryMatcher } from './entry-matcher.ts';
import type { InProgressFlag } from './in-progress-flag.ts';
import type { ClassSender } from './send.ts';
import { StockSender, type StockSenderParts, type StockWindows } from './stock-sender.ts';

interface FanOutParts extends AckingSenderParts, Omit<StockSenderParts, 'liveAfter'> {
  readonly ctx: DurableObjectState;
  readonly classes: SubscriptionClasses;
  readonly tokenExpiry: TokenExpiry;
  readonly authorizer: Authorizer;
  readonly entryMatcher: EntryMatcher;
  readonly inProgress: InProgressFlag;
}

/**
 * The flag is set after this many turns. It costs two rows and a wait for the disk. A shorter delivery does not need it:
 * it ends within a tenth of a second, and a hub does not sleep during a request.
 */
const TURNS_BEFORE_FLAG = 16;

/** Work in steps. Between two steps, others may have their turn. */
type Work<T = void> = Generator<undefined, T>;

/** Entries of a delivery, decided about as far as a class needs them. */
interface Batch {
  readonly entries: readonly JournalEntry[];
  readonly decisions: DecisionCache;
  /** What the stock subscribers of each class were sent in this delivery. */
  readonly windows: StockWindows;
}

export class FanOut {
  readonly #parts: FanOutParts;
  /** The last delivery that takes several turns. Deliveries follow each other. */
  #last: Promise<void> | undefined;
  #inProgress = 0;
  #isFlagSet = false;
  /** The last sequence that a stock subscriber had when it was accepted; since the hub woke. */
  readonly #liveAfter = new WeakMap<WebSocket, number>();

  constructor(parts: FanOutParts) {
    this.#parts = parts;
  }

  /** Whether there is anybody to deliver to. */
  get hasSubscribers(): boolean {
    return this.#parts.classes.size > 0;
  }

  /** A stock subscriber was accepted, and has everything that is in the journal. */
  goLive(socket: WebSocket): void {
    this.#liveAfter.set(socket, this.#parts.journal.last);
  }

  /**
   * Sends entries of the journal, in order, to every subscriber that wants and may see them. They are stored already: a
   * subscriber that cannot be served is closed, and gets them when it reconnects.
   *
   * @returns undefined if all are sent; else it resolves when they are
   */
  deliver(entries: readonly JournalEntry[]): Promise<void> | undefined {
    const { ctx, classes, budget } = this.#parts;
    if (classes.size === 0 || entries.length === 0) return undefined;
    const work = this.#deliverAll(entries);
    if (this.#last === undefined && !budget.isSpent && this.#advance(work)) return undefined;
    this.#inProgress++;
    const delivered = this.#deliverInTurns(work, this.#last);
    this.#last = delivered;
    ctx.waitUntil(delivered);
    return delivered;
  }

  /** Resolves when no delivery is in progress. */
  async finished(): Promise<void> {
    while (this.#last !== undefined) await this.#last;
  }

  async #deliverInTurns(work: Work, before: Promise<void> | undefined): Promise<void> {
    const { ctx, closer, budget, inProgress } = this.#parts;
    await before;
    try {
      let turns = 0;
      do {
        if (++turns === TURNS_BEFORE_FLAG) await this.#setFlag();
        await budget.nextTurn();
      } while (!this.#advance(work));
      if (this.#inProgress === 1 && this.#isFlagSet) {
        inProgress.clear();
        this.#isFlagSet = false;
      }
    } catch (error) {
      closer.fail(ctx.getWebSockets(), error);
    } finally {
      this.#inProgress--;
      if (this.#inProgress === 0) this.#last = undefined;
    }
  }

  async #setFlag(): Promise<void> {
    if (this.#isFlagSet) return;
    this.#isFlagSet = true;
    await this.#parts.inProgress.set();
  }

  /** Works until the budget of the turn is spent. @returns whether everything is done */
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
    const { classes, authorizer, entryMatcher } = this.#parts;
    const windows: StockWindows = new Map();
    for (let next = 0; next < entries.length; ) {
      const size = Math.ceil(MAX_HELD_DECISIONS / Math.max(classes.size, 1));
      const some = entries.slice(next, next + size);
      const decisions = new DecisionCache(some, authorizer, entryMatcher);
      yield* this.#deliverBatch({ entries: some, decisions, windows });
      next += size;
    }
  }

  *#deliverBatch(batch: Batch): Work {
    const { ctx, classes, closer } = this.#parts;
    for (const [matcher, matching] of yield* this.#matching(batch)) {
      for (const subscriptionClass of [...classes.matchers.classesOf(matcher)]) {
        try {
          yield* this.#deliverTo(subscriptionClass, batch, matching);
        } catch (error) {
          closer.fail(ctx.getWebSockets(subscriptionClass.tag), error);
        }
      }
    }
  }

  /** The matchers of the subscriptions that want a namespace and type of the entries, with the indexes of these. */
  *#matching({ entries }: Batch): Work<Map<Matcher, number[]>> {
    const { classes, entryMatcher, budget } = this.#parts;
    const matching = new Map<Matcher, number[]>();
    for (const [index, entry] of entries.entries()) {
      const matchers =
        'frame' in entry ? classes.matchers.candidates(entry.facts) : classes.matchers.all();
      for (const matcher of matchers) {
        if (budget.isSpent) yield;
        if (!entryMatcher.covers(matcher, entry)) continue;
        const indexes = matching.get(matcher);
        if (indexes === undefined) matching.set(matcher, [index]);
        else indexes.push(index);
      }
    }
    return matching;
  }

  *#deliverTo(
    subscriptionClass: SubscriptionClass,
    batch: Batch,
    matching: readonly number[],
  ): Work {
    const { ctx, authorizer, budget } = this.#parts;
    let { allowed, key } = yield* this.#allowed(subscriptionClass, batch, matching);
    if (allowed.length === 0) return;
    const sockets = ctx.getWebSockets(subscriptionClass.tag);
    if (sockets.length === 0) return;
    const sender = this.#senderTo(subscriptionClass, batch, allowed);
    for (const socket of sockets) {
      if (budget.isSpent) {
        yield;
        if (authorizer.keyOf(subscriptionClass) !== key) {
          ({ allowed, key } = yield* this.#allowed(subscriptionClass, batch, matching));
          sender.replaceEntries(allowed);
        }
      }
      if (isOpen(socket)) sender.sendTo(socket);
    }
    sender.finish();
  }

  /** The entries that a class gets, with the key of the policies that decided all of them. */
  *#allowed(
    subscriptionClass: SubscriptionClass,
    { entries, decisions }: Batch,
    matching: readonly number[],
  ): Work<{ allowed: readonly JournalEntry[]; key: string }> {
    const { authorizer, budget } = this.#parts;
    for (;;) {
      const key = authorizer.keyOf(subscriptionClass);
      const allowed: JournalEntry[] = [];
      for (const index of matching) {
        if (budget.isSpent) yield;
        const entry = entries[index];
        if (entry !== undefined && decisions.isAllowed(subscriptionClass, index)) {
          allowed.push(entry);
        }
      }
      if (key === authorizer.keyOf(subscriptionClass)) return { allowed, key };
    }
  }

  #senderTo(
    subscriptionClass: SubscriptionClass,
    { entries, windows }: Batch,
    allowed: readonly JournalEntry[],
  ): ClassSender {
    if (subscriptionClass.subscription.protocol === 'carillon.v1') {
      const through = entries.at(-1)?.sequence ?? 0;
      return new AckingSender(this.#parts, subscriptionClass, allowed, through);
    }
    const parts = { ...this.#parts, liveAfter: this.#liveAfter };
    return new StockSender(parts, subscriptionClass, allowed, windows);
  }
}
