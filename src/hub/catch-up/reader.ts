/** A subscriber that speaks `carillon.v1`, as far as the hub knows it while it is awake. */

import type { Sent } from '../delivery/sent-log.ts';
import type { SubscriptionClass } from '../subscribers/classes.ts';
import type { Lag } from './laggards.ts';

export interface Reader {
  readonly id: string;
  /** Whose share of what the hub can read it uses. */
  readonly owner: string;
  readonly subscriptionClass: SubscriptionClass;
  /** Events that may be under way to it. */
  credit: number;
  acked: number;
  /** What it was sent by itself and has not acknowledged. */
  unacked: Sent[];
  /** From where on it was sent what its class was sent, unless it lags. */
  joined: number;
  /** Set while it is not sent what its class is sent. */
  lag: (Lag & LagHere) | undefined;
}

/** What is known of a lag while the hub is awake. */
interface LagHere {
  /** What the row says; undefined where there is none. */
  stored: 'waiting' | 'going on' | undefined;
  isCatchingUp: boolean;
  /** Bytes of the event that there was no room for. */
  next: number;
}

const TAG = 'reader ';

/** The tag of the socket of a new reader. */
export function newReaderTag(): string {
  return readerTag(crypto.randomUUID());
}

export function readerTag(id: string): string {
  return `${TAG}${id}`;
}

/** The id of the reader whose socket has these tags. */
export function readerIdOf(tags: readonly string[]): string | undefined {
  return tags.find((tag) => tag.startsWith(TAG))?.slice(TAG.length);
}

export function storedAs({ waiting }: Lag): 'waiting' | 'going on' {
  return waiting ? 'waiting' : 'going on';
}
