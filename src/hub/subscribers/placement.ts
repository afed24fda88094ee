import type { Region } from '../../config/region.ts';
import type { ShardDirectory } from '../../objects/replica-contract.ts';
import type { HandshakeRefusal } from './refusal.ts';
import type { SubscriberSlots } from './subscriber-slots.ts';

/** Which object of a hub serves a subscriber: this one, or another of which the directory tells. */
export interface Placement {
  /** As this object knows it. */
  readonly directory: ShardDirectory;
  /**
   * Reserves a slot for a handshake.
   *
   * @param client its region; undefined if its Worker is of a release that knows no shards, and so can only be served here
   * @returns why there is none: 421 if another object serves the subscriber
   */
  reserve(client: Region | undefined): Promise<HandshakeRefusal | undefined>;
  /** The handshake has ended. If its socket was accepted, that has the slot now. */
  release(client: Region | undefined): void;
  /** The tags by which the sockets of a region are counted. */
  tagsFor(client: Region | undefined): readonly string[];
}

/** A placement for the slots of an object. */
export type PlacementOf = (slots: SubscriberSlots) => Placement;

/** Answered to the Worker, which follows the directory. No client ever sees it. */
export const ELSEWHERE: HandshakeRefusal = {
  status: 421,
  message: 'another object of the hub serves this subscriber',
};
