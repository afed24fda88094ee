/** At a shard: tells the head when it is full. Before that, the head learns how full it is with each subscriber that it admits. */

import { logError } from '../../../lib/log.ts';
import { parentOf, type ReplicaPlace, shardName } from '../../../objects/names.ts';
import { callRegionHead } from '../../../objects/stubs.ts';
import type { SocketCount } from '../../subscribers/socket-count.ts';
import type { Capacity } from './capacity.ts';
import type { KnownDirectory } from './known-directory.ts';

/** How often a full shard tells it: those that prefer it may come by the thousand. */
const TELL_PAUSE_MS = 1000;

interface CapacityParts {
  readonly env: Env;
  readonly place: ReplicaPlace;
  readonly known: KnownDirectory;
  readonly sockets: SocketCount;
}

export class ShardCapacity implements Capacity {
  readonly #parts: CapacityParts;
  /** Unix milliseconds. */
  #toldAt = 0;

  constructor(parts: CapacityParts) {
    this.#parts = parts;
  }

  filled(): void {
    // It tells the head only when nothing is left.
  }

  async grow(): Promise<void> {
    const now = Date.now();
    if (now - this.#toldAt < TELL_PAUSE_MS) return;
    this.#toldAt = now;
    const { env, place, known, sockets } = this.#parts;
    const { hub, region, shard = 0 } = place;
    const name = shardName(hub, region, shard);
    try {
      known.take(
        await callRegionHead(env, parentOf(place), (head) => head.crowded(name, sockets.value)),
      );
    } catch (error) {
      logError('a shard is full, and the head of its region cannot be reached', error);
    }
  }
}
