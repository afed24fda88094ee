import type { Result } from '../../lib/result.ts';
import type { AlarmTask } from '../../objects/alarms.ts';
import type { Subscription } from '../../subscription/handshake.ts';
import type { Since } from '../../subscription/since.ts';
import type { WatchedToken } from '../authority-sync/watched-tokens.ts';
import type { Position } from '../journal/position.ts';
import type { PositionLookup } from '../journal/position-lookup.ts';
import type { HandshakeRefusal } from './refusal.ts';

/** A handshake whose rights were confirmed. */
export interface Newcomer {
  readonly subscription: Subscription;
  /** Undefined if it names no position. */
  readonly since: Since | undefined;
  /** Undefined for the root token. */
  readonly watched: WatchedToken | undefined;
  /** As the tags of sockets name the owner of the token. */
  readonly owner: string;
}

/** Where a stock subscriber starts that names no position. */
export interface StockStart extends Position {
  /** The tag of the sockets that have its subscription and its owner. */
  readonly tag: string;
  /** Where another was cut, if it goes on there. */
  readonly cut: number | undefined;
}

/** A handshake that was admitted. */
export interface Entry {
  /**
   * Where its subscriber starts now; undefined if it names a position, or no subscriber is given what it missed.
   *
   * @param lookup if it cannot tell yet, the result means nothing
   */
  start(lookup: PositionLookup): StockStart | undefined;
  /** Its socket was accepted. To be called in the same turn, so that no other comes in between. */
  joined(start: StockStart, socket: WebSocket): void;
  /** The handshake has ended, whether its socket was accepted or not. */
  end(): void;
}

/**
 * Whether a place has room for a subscriber, beyond its own slots, and what its clients missed that lost their connections.
 * A hub, and the head of a region without shards, decide themselves. A shard asks its head.
 */
export interface Admissions extends AlarmTask {
  admit(newcomer: Newcomer): Promise<Result<Entry, HandshakeRefusal>>;
  /**
   * A socket has ended. Takes constant time, because thousands may end at once.
   *
   * @param hasLeft whether its client sent a Close frame first
   * @param hasAll whether its client has answered the Close frame of the hub
   */
  ended(socket: WebSocket, hasLeft: boolean, hasAll: boolean): void;
}

/** Whether a subscriber is of those that start where their predecessors were lost. */
export function namesNoPosition({ subscription, since }: Newcomer): boolean {
  return since === undefined && subscription.protocol === 'stock';
}
