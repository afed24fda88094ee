/** At a region head: how full the shards of its region are. It asks the hub for another one before they are full. */

import { shardingOf } from '../../../config/sharding.ts';
import { logError } from '../../../lib/log.ts';
import type { ReplicaPlace } from '../../../objects/names.ts';
import { shardsIn } from '../../../objects/shard-directory.ts';
import { callShardedHub } from '../../../objects/stubs.ts';
import { MAX_SHARDS_PER_REGION } from '../../limits.ts';
import type { Capacity } from './capacity.ts';
import type { KnownDirectory } from './known-directory.ts';
import { needsShard } from './placement-rule.ts';
import type { QuietRegion } from './quiet-region.ts';

interface CapacityParts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly place: ReplicaPlace;
  readonly known: KnownDirectory;
}

export class RegionCapacity implements Capacity {
  readonly #parts: CapacityParts;
  readonly #quiet: QuietRegion;
  readonly #perShard: number;
  /** The sockets that each shard had when it last said so, by its name. */
  readonly #loads = new Map<string, number>();
  #growing: Promise<void> | undefined;

  constructor(parts: CapacityParts, quiet: QuietRegion) {
    this.#parts = parts;
    this.#quiet = quiet;
    this.#perShard = shardingOf(parts.env).socketsPerShard;
  }

  /** A shard says how many sockets it has. @returns resolves when the region has what it needs; undefined if it has */
  told(shard: string, sockets: number): Promise<void> | undefined {
    this.#loads.set(shard, sockets);
    if (sockets > 0) this.#quiet.used();
    return this.#shards > 1 ? this.#growIfNeeded(this.#loads.values()) : undefined;
  }

  /** The head itself has so many. */
  filled(sockets: number): void {
    this.#quiet.used();
    if (this.#shards <= 1) this.#growIfNeeded([sockets]);
  }

  /** Has the hub give the region one more shard, unless it has more by now than the head knows. */
  grow(): Promise<void> {
    this.#growing ??= this.#grow().finally(() => {
      this.#growing = undefined;
    });
    return this.#growing;
  }

  get #shards(): number {
    return shardsIn(this.#parts.known.value, this.#parts.place.region);
  }

  #growIfNeeded(loads: Iterable<number>): Promise<void> | undefined {
    if (!needsShard(Math.max(this.#shards, 1), loads, this.#perShard)) return undefined;
    const growing = this.grow();
    this.#parts.ctx.waitUntil(growing);
    return growing;
  }

  async #grow(): Promise<void> {
    const { env, place, known } = this.#parts;
    const { hub, region } = place;
    try {
      const before = this.#shards;
      known.take(await callShardedHub(env, hub, (stub) => stub.shardDirectory()));
      const from = this.#shards;
      const hasGrown = before > 0 && from > before;
      if (hasGrown || from === 0 || from >= MAX_SHARDS_PER_REGION) return;
      known.take(await callShardedHub(env, hub, (stub) => stub.setShards(region, from, from + 1)));
    } catch (error) {
      logError('a region needs another shard, and its hub cannot be reached', error);
    }
  }
}
