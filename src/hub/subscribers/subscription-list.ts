/**
 * The open subscriptions of a hub, for an operator. They are listed class by class, so a page wakes only the sockets of the
 * classes on it.
 */

import type {
  OpenSubscription,
  SubscriptionPage,
  SubscriptionPosition,
} from '../../objects/hub-contract.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { WatchedTokens } from '../authority-sync/watched-tokens.ts';
import type { AckingSubscribers } from '../flow-control/acking-subscribers.ts';
import type { Unacknowledged } from '../flow-control/unacknowledged.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import type { SocketCloser } from './socket-closer.ts';
import {
  isOpen,
  type SubscriptionClass,
  type SubscriptionClasses,
  tagsOf,
} from './subscription-classes.ts';
import {
  openedAtOf,
  STREAM_TAG,
  subscriptionKeyOf,
  subscriptionTagOf,
} from './subscription-tags.ts';

/** The page of a hub that is not there. */
export const NO_SUBSCRIPTIONS: SubscriptionPage = {
  subscriptions: [],
  hasMore: false,
  unlisted: 0,
};

interface ListParts {
  readonly ctx: DurableObjectState;
  readonly journal: SubscriberJournal;
  readonly classes: SubscriptionClasses;
  readonly tokens: WatchedTokens;
  readonly ackingSubscribers: AckingSubscribers;
  readonly unacknowledged: Unacknowledged;
  readonly closer: SocketCloser;
}

interface Tagged {
  readonly socket: WebSocket;
  readonly tags: readonly string[];
  readonly key: string;
}

export class SubscriptionList {
  readonly #parts: ListParts;

  constructor(parts: ListParts) {
    this.#parts = parts;
  }

  page(after: SubscriptionPosition | undefined, limit: number): SubscriptionPage {
    const subscriptions: OpenSubscription[] = [];
    let unlisted = 0;
    for (const subscriptionClass of this.#classesFrom(after?.class ?? 0)) {
      const isFirst = numberOf(subscriptionClass) === after?.class;
      const { tagged, untagged } = this.#socketsOf(subscriptionClass);
      // Counted on the page where the class begins.
      if (!isFirst) unlisted += untagged;
      for (const each of tagged) {
        if (isFirst && each.key <= after.key) continue;
        if (subscriptions.length === limit) return { subscriptions, hasMore: true, unlisted };
        subscriptions.push(this.#describe(each, subscriptionClass));
      }
    }
    return { subscriptions, hasMore: false, unlisted };
  }

  /** A subscriber that is closed by an operator resumes where it was, if it reconnects. */
  close(key: string): OpenSubscription | undefined {
    const { ctx, classes, closer } = this.#parts;
    const socket = ctx.getWebSockets(subscriptionTagOf(key)).find(isOpen);
    const subscriptionClass = socket && classes.of(socket);
    if (socket === undefined || subscriptionClass === undefined) return undefined;
    const closed = this.#describe({ socket, tags: tagsOf(ctx, socket), key }, subscriptionClass);
    closer.close([socket], 'closed_by_operator', CLOSE_CODES.tryAgainLater, 'closed by operator');
    return closed;
  }

  #classesFrom(first: number): SubscriptionClass[] {
    return this.#parts.classes
      .all()
      .filter((each) => numberOf(each) >= first)
      .sort((a, b) => numberOf(a) - numberOf(b));
  }

  /** In the order of their keys. */
  #socketsOf({ tag }: SubscriptionClass): { tagged: Tagged[]; untagged: number } {
    const { ctx } = this.#parts;
    const tagged: Tagged[] = [];
    let untagged = 0;
    for (const socket of ctx.getWebSockets(tag)) {
      if (!isOpen(socket)) continue;
      const tags = tagsOf(ctx, socket);
      const key = subscriptionKeyOf(tags);
      if (key === undefined) untagged++;
      else tagged.push({ socket, tags, key });
    }
    tagged.sort((a, b) => (a.key < b.key ? -1 : 1));
    return { tagged, untagged };
  }

  #describe({ socket, tags, key }: Tagged, subscriptionClass: SubscriptionClass): OpenSubscription {
    const { journal, tokens, ackingSubscribers, unacknowledged } = this.#parts;
    const { subscription } = subscriptionClass;
    const acking =
      subscription.protocol === 'carillon.v1'
        ? ackingSubscribers.of(socket, subscriptionClass)
        : undefined;
    return {
      class: numberOf(subscriptionClass),
      key,
      openedAt: openedAtOf(key),
      subscription,
      isStream: tags.includes(STREAM_TAG),
      token: tokens.find(tags),
      progress: acking && {
        lag: acking.lag === undefined ? 0 : Math.max(0, journal.last - acking.lag.position),
        unacknowledged: unacknowledged.of(acking),
      },
    };
  }
}

function numberOf({ tag }: SubscriptionClass): number {
  return Number(tag);
}
