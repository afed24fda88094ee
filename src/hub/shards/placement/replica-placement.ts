/** At a region head or a shard: it serves whoever comes, until it is full, or until the region has other shards. */

import { shardingOf } from '../../../config/sharding.ts';
import type { ReplicaPlace } from '../../../objects/names.ts';
import type { ShardDirectory } from '../../../objects/replica-contract.ts';
import { shardsIn } from '../../../objects/shard-directory.ts';
import { ELSEWHERE, type Placement, type PlacementOf } from '../../subscribers/placement.ts';
import type { HandshakeRefusal } from '../../subscribers/refusal.ts';
import type { SocketCount } from '../../subscribers/socket-count.ts';
import type { SubscriberSlots } from '../../subscribers/subscriber-slots.ts';
import type { Capacity } from './capacity.ts';
import type { KnownDirectory } from './known-directory.ts';

interface ReplicaPlacementParts {
  readonly env: Env;
  readonly place: ReplicaPlace;
  readonly known: KnownDirectory;
  readonly sockets: SocketCount;
  readonly capacity: Capacity;
}

export function placementAtReplica(parts: ReplicaPlacementParts): PlacementOf {
  return (slots) => new ReplicaPlacement(parts, slots);
}

class ReplicaPlacement implements Placement {
  readonly #parts: ReplicaPlacementParts;
  readonly #slots: SubscriberSlots;
  readonly #max: number;

  constructor(parts: ReplicaPlacementParts, slots: SubscriberSlots) {
    this.#parts = parts;
    this.#slots = slots;
    this.#max = shardingOf(parts.env).socketsPerShard;
  }

  get directory(): ShardDirectory {
    return this.#parts.known.value;
  }

  async reserve(): Promise<HandshakeRefusal | undefined> {
    const { place, sockets, capacity } = this.#parts;
    const isHead = place.shard === undefined;
    if (isHead && shardsIn(this.directory, place.region) > 1) return ELSEWHERE;
    if (this.#slots.reserve(this.#max) === undefined) {
      capacity.filled(sockets.value + 1);
      return undefined;
    }
    await capacity.grow();
    return ELSEWHERE;
  }

  release(): void {
    this.#slots.release();
  }

  tagsFor(): readonly string[] {
    return [];
  }
}
