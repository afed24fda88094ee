/**
 * A subscriber that speaks `carillon.v1`, and so acknowledges what it gets. This is what the hub knows of it while it
 * is awake. When the hub wakes, a subscriber without a stored lag counts as one that has acknowledged everything.
 */

import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import type { StoredLag } from './lag-table.ts';
import type { SentEvent } from './sent-log.ts';

export interface AckingSubscriber {
  readonly id: string;
  /** Whose share of the replay budget it uses. */
  readonly owner: string;
  readonly subscriptionClass: SubscriptionClass;
  /** How many events it may have unacknowledged. */
  credit: number;
  ackedThrough: number;
  /** What it was sent apart from its class, and has not acknowledged. */
  ownUnacked: SentEvent[];
  /** Unless it lags, it gets what its class is sent after this sequence. */
  liveAfter: number;
  /** Set while it gets the backlog from the journal, and not what its class is sent. */
  lag: Lag | undefined;
}

export interface Lag extends StoredLag {
  /** `outOfCredit` as it is stored; undefined if this lag is not. */
  storedOutOfCredit: boolean | undefined;
  isCatchingUp: boolean;
  /** The size of the event that the credit had no room for. */
  nextBytes: number;
}

const TAG = 'subscriber ';

/** The tag of the socket of a new subscriber. */
export function newAckingTag(): string {
  return ackingTagOf(crypto.randomUUID());
}

export function ackingTagOf(id: string): string {
  return `${TAG}${id}`;
}

/** The id of the subscriber whose socket has these tags; undefined for a stock subscriber. */
export function ackingIdOf(tags: readonly string[]): string | undefined {
  return tags.find((tag) => tag.startsWith(TAG))?.slice(TAG.length);
}
