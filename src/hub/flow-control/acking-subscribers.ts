/** The subscribers that speak `carillon.v1`, by their sockets. What the hub forgot when it slept is restored. */

import { encodeServerMessage } from '../../wire/carillon-v1/server-codec.ts';
import { ACK_TIMEOUT_MS } from '../../wire/limits.ts';
import type { CatchUp } from '../catch-up/catch-up.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { CursorCodec } from '../journal/cursor-codec.ts';
import type { Position } from '../journal/position.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import { DEFAULT_CREDIT } from '../limits.ts';
import { ownerOfTags } from '../subscribers/owner-tags.ts';
import type { ReconnectSpread } from '../subscribers/reconnect-spread.ts';
import { type SubscriptionClass, tagsOf } from '../subscribers/subscription-classes.ts';
import { type AckingSubscriber, ackingIdOf } from './acking-subscriber.ts';
import type { LagTable, StoredLag } from './lag-table.ts';
import type { SentEvent } from './sent-log.ts';
import type { Unacknowledged } from './unacknowledged.ts';

interface AckingSubscribersParts {
  readonly ctx: DurableObjectState;
  readonly journal: SubscriberJournal;
  readonly cursors: CursorCodec;
  readonly budget: TurnBudget;
  readonly lags: LagTable;
  readonly spread: ReconnectSpread;
  readonly catchUp: CatchUp;
  readonly unacknowledged: Unacknowledged;
}

/** An event that was sent before the hub slept. Any acknowledgement covers it. */
const FORGOTTEN: SentEvent = { sequence: 0, bytes: 0 };

export class AckingSubscribers {
  readonly #parts: AckingSubscribersParts;
  readonly #subscribers = new WeakMap<WebSocket, AckingSubscriber>();
  /** The lags that were stored when the hub woke, by the ids of the subscribers; undefined until they were read. */
  #stored: Map<string, StoredLag> | undefined;

  constructor(parts: AckingSubscribersParts) {
    this.#parts = parts;
  }

  of(socket: WebSocket, subscriptionClass: SubscriptionClass): AckingSubscriber {
    return this.#subscribers.get(socket) ?? this.#restore(socket, subscriptionClass);
  }

  /** Greets a socket that was just accepted, and starts to send what it missed. */
  welcome(
    socket: WebSocket,
    subscriptionClass: SubscriptionClass,
    { after, gap }: Position,
    lease?: string,
  ): void {
    const { journal, cursors, budget, catchUp, spread } = this.#parts;
    const subscriber = this.of(socket, subscriptionClass);
    subscriber.ackedThrough = after;
    subscriber.liveAfter = journal.last;
    const hello = encodeServerMessage(
      {
        type: 'hello',
        cursor: cursors.encode(after),
        resumed: gap === undefined,
        ...(gap && { gap: { reason: gap } }),
        credit: subscriber.credit,
        ack_timeout_ms: ACK_TIMEOUT_MS,
        heartbeats: true,
        spread_ms: spread.ofCrowd(Date.now()),
        ...(lease !== undefined && { lease }),
      },
      subscriptionClass.subscription.encoding,
    );
    budget.send(socket, { messages: [hello], bytes: hello.length });
    if (after < journal.last) catchUp.fallBehind(socket, subscriber, after);
  }

  /** Undefined if the hub has not needed it since it woke. */
  known(socket: WebSocket): AckingSubscriber | undefined {
    return this.#subscribers.get(socket);
  }

  /** The socket of a subscriber, of either protocol, has closed, or was closed by the hub. */
  closed(socket: WebSocket): void {
    const id = ackingIdOf(tagsOf(this.#parts.ctx, socket));
    if (id === undefined) return;
    const subscriber = this.#subscribers.get(socket);
    const isStored = subscriber?.lag?.storedOutOfCredit !== undefined;
    if (this.#storedLags().delete(id) || isStored) this.#parts.lags.delete(id);
    if (subscriber === undefined) return;
    this.#subscribers.delete(socket);
    subscriber.lag = undefined;
    this.#parts.unacknowledged.left(subscriber);
    this.#parts.catchUp.left(subscriber);
  }

  #restore(socket: WebSocket, subscriptionClass: SubscriptionClass): AckingSubscriber {
    const { ctx, catchUp, unacknowledged } = this.#parts;
    const tags = tagsOf(ctx, socket);
    const id = ackingIdOf(tags) ?? '';
    const credit = (socket.deserializeAttachment() as number | null) ?? DEFAULT_CREDIT;
    const stored = this.#storedLags().get(id);
    const subscriber: AckingSubscriber = {
      id,
      owner: unacknowledged.joined(ownerOfTags(tags)),
      subscriptionClass,
      credit,
      ackedThrough: 0,
      // Nobody knows how much of its credit is in use. It counts as all, until the next acknowledgement.
      ownUnacked: stored?.outOfCredit ? Array.from({ length: credit }, () => FORGOTTEN) : [],
      unackedBytes: 0,
      unaskedBytes: 0,
      unackedSince: 0,
      liveAfter: 0,
      lag: stored && {
        ...stored,
        storedOutOfCredit: stored.outOfCredit,
        isCatchingUp: false,
        nextBytes: 0,
      },
    };
    this.#subscribers.set(socket, subscriber);
    // The hub was stopped while it caught the subscriber up.
    if (stored?.outOfCredit === false) catchUp.resume(socket, subscriber);
    return subscriber;
  }

  #storedLags(): Map<string, StoredLag> {
    this.#stored ??= this.#parts.lags.all();
    return this.#stored;
  }
}
