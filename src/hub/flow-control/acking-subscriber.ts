/**
 * A subscriber that speaks `carillon.v1`, and so acknowledges what it gets. This is what the hub knows of it while it
 * is awake. When the hub wakes, a subscriber without a stored lag counts as one that has acknowledged everything.
 */

import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import type { StoredLag } from './lag-table.ts';
import type { SentEvent } from './sent-log.ts';

/** What the subscribers of an owner hold unacknowledged. */
export interface OwnerBytes {
  readonly name: string;
  bytes: number;
  subscribers: number;
}

export interface AckingSubscriber {
  readonly id: string;
  /** Whose share of what the hub reads and holds it uses. */
  readonly owner: OwnerBytes;
  readonly subscriptionClass: SubscriptionClass;
  /** How many events it may have unacknowledged. */
  credit: number;
  ackedThrough: number;
  /** What it was sent apart from its class, and has not acknowledged. */
  ownUnacked: SentEvent[];
  /** The bytes of all that it was sent and has not acknowledged, as they are counted in its hub. */
  unackedBytes: number;
  /** The bytes of what it was sent since it was last asked for an acknowledgement. */
  unaskedBytes: number;
  /** When it last acknowledged something, or had nothing to acknowledge. Unix milliseconds. */
  unackedSince: number;
  /** Unless it lags, it gets what its class is sent after this sequence. */
  liveAfter: number;
  /** Set while it gets the backlog from the journal, and not what its class is sent. */
  lag: Lag | undefined;
}

export interface Lag extends StoredLag {
  /** `outOfCredit` as it is stored; undefined if this lag is not. */
  storedOutOfCredit: boolean | undefined;
  isCatchingUp: boolean;
  /** The size of the event for which there was no room; 0 if it was not looked at. */
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
