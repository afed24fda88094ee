/**
 * The subscribers of one hub: hibernating WebSockets, grouped into classes of equal subscriptions of
 * equal holders.
 *
 * An event is matched and authorised once a class, and a class's sockets are found by their tag, so that
 * waking costs the classes and not the sockets. Further tags are the token's, so that one that is revoked
 * takes its own sockets and no others, and the hour's, as no socket is open for ever.
 */

import type { Handshake, Subscription } from '../../subscription/handshake.ts';
import type { Matcher } from '../../subscription/matcher.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import { AccessCache } from '../authority-sync/access-cache.ts';
import { AuthoritySync } from '../authority-sync/authority-sync.ts';
import { PolicyTexts } from '../authority-sync/policy-texts.ts';
import { Revocation } from '../authority-sync/revocation.ts';
import { Rights } from '../authority-sync/rights.ts';
import { SyncedAuthorities } from '../authority-sync/synced-authorities.ts';
import { TokenExpiry } from '../authority-sync/token-expiry.ts';
import { WatchedTokens } from '../authority-sync/watched-tokens.ts';
import { Pacer } from '../catch-up/pacer.ts';
import { Readers } from '../catch-up/readers.ts';
import { Delivery } from '../delivery/delivery.ts';
import { DeliveryMark } from '../delivery/delivery-mark.ts';
import { TurnBudget } from '../delivery/turn-budget.ts';
import { CursorCodec } from '../journal/cursor-codec.ts';
import type { Journal } from '../journal/journal.ts';
import type { JournalEntry } from '../journal/record.ts';
import { SubscriptionClasses } from './classes.ts';
import { Closing } from './closing.ts';
import { Handshakes, type Refused } from './handshakes.ts';
import { Lifetimes } from './lifetimes.ts';

/** What a hub does for its subscribers beyond sending. */
export interface SubscriberNeeds {
  /** Makes sure that the events that a subscription wants reach this hub. */
  prepare(matcher: Matcher): Promise<Refused | undefined>;
  /** Told of each subscription that nobody has any more. */
  forgotten(subscription: Subscription): void;
  /** Something has to be done earlier than the alarm is set for, perhaps. */
  arm(): void;
}

export class Subscribers {
  readonly classes: SubscriptionClasses;
  readonly authoritySync: AuthoritySync;
  readonly tokenExpiry: TokenExpiry;
  readonly lifetimes: Lifetimes;
  readonly readers: Readers;
  readonly #closing: Closing;
  readonly #cursors: CursorCodec;
  readonly #delivery: Delivery;
  readonly #handshakes: Handshakes;

  constructor(
    ctx: DurableObjectState,
    env: Env,
    journal: Journal,
    needs: SubscriberNeeds,
    maxSockets?: number,
  ) {
    const budget = new TurnBudget();
    const pacer = new Pacer(budget);
    const cursors = new CursorCodec(ctx.storage, journal, ctx.id.name ?? '');
    const classes = new SubscriptionClasses(ctx, (subscription) => needs.forgotten(subscription));
    const closing = new Closing(ctx, classes);
    const policies = new PolicyTexts(ctx.storage.sql);
    const rights = new Rights(new AccessCache(policies, classes), budget);
    const revocation = new Revocation(classes, rights, closing);
    const authorities = new SyncedAuthorities(ctx.storage.sql);
    const tokens = new WatchedTokens(ctx, needs);
    const authoritySync = new AuthoritySync(ctx, env, {
      authorities,
      tokens,
      policies,
      revocation,
    });
    const tokenExpiry = new TokenExpiry(authoritySync, tokens, revocation);
    const lifetimes = new Lifetimes(ctx.storage.sql, (tag) =>
      closing.close(tag, 'lifetime', CLOSE_CODES.tryAgainLater, 'resume'),
    );
    const readers = new Readers({
      ctx,
      journal,
      cursors,
      pacer,
      classes,
      rights,
      closing,
      budget,
      tokenExpiry,
      alarms: needs,
    });
    const mark = new DeliveryMark(ctx.storage);
    const shared = { ctx, journal, classes, tokenExpiry, rights, readers, closing, budget, mark };
    const delivery = new Delivery(shared);
    this.#cursors = cursors;
    this.classes = classes;
    this.authoritySync = authoritySync;
    this.tokenExpiry = tokenExpiry;
    this.lifetimes = lifetimes;
    this.readers = readers;
    this.#closing = closing;
    this.#delivery = delivery;
    const more = { authoritySync, tokens, cursors, pacer, lifetimes, delivery, needs };
    this.#handshakes = new Handshakes({ ...shared, ...more }, maxSockets);
    if (mark.isSet) {
      const code = CLOSE_CODES.tryAgainLater;
      closing.closeSockets(ctx.getWebSockets(), 'unavailable', code, 'resume');
      mark.clear();
    }
  }

  /** Whether anybody was ever given a cursor. */
  get haveCursors(): boolean {
    return this.#cursors.hasEncoded;
  }

  /** Accepts a subscriber, or answers why not. */
  accept(handshake: Handshake): Promise<Response> {
    return this.#handshakes.accept(handshake);
  }

  /**
   * Sends what was appended to the journal to every subscriber who wants and may see it.
   *
   * @returns undefined where all has been sent; else it resolves when it has
   */
  deliver(entries: readonly JournalEntry[]): Promise<void> | undefined {
    return this.#delivery.deliver(entries);
  }

  /** Resolves when everything is sent. */
  delivered(): Promise<void> {
    return this.#delivery.settled();
  }

  /** Heeds a data frame. A stock subscription takes none: Vault closes with the same words. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    const subscriptionClass = this.classes.of(socket);
    if (subscriptionClass?.subscription.protocol === 'carillon.v1') {
      this.readers.message(socket, subscriptionClass, data);
    } else {
      socket.close(1008, 'unexpected data message');
    }
  }

  /**
   * Answers a subscriber's Close frame, which the runtime leaves to a hibernating object, and notes
   * that it left. Constant time: nine thousand may close at once.
   */
  left(socket: WebSocket, code: number): void {
    socket.close(isSendable(code) ? code : 1000);
    this.readers.left(socket);
    const subscriptionClass = this.classes.of(socket);
    if (subscriptionClass !== undefined) this.classes.left(subscriptionClass);
  }

  /**
   * Whether a subscriber can want any event of the hub. Classes that can, and that turn out to be empty,
   * are forgotten.
   */
  someWant(hub: string): boolean {
    return this.classes
      .all()
      .some((each) => each.matcher.touches(hub) && !this.classes.forgetIfEmpty(each));
  }

  /** Closes all: the namespace is no more. */
  closeAll(): void {
    this.#closing.closeAll();
  }
}

/** Whether a code may stand in a Close frame (RFC 6455, section 7.4): the peer's is sent back if so. */
function isSendable(code: number): boolean {
  return code >= 1000 && code <= 4999 && ![1004, 1005, 1006, 1015].includes(code);
}
