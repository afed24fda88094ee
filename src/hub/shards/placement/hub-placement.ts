/** At a hub: it serves the first subscribers of each region itself. When there are more, the region gets shards. */

import type { Region } from '../../../config/region.ts';
import { type Sharding, shardingOf } from '../../../config/sharding.ts';
import type { ShardDirectory } from '../../../objects/replica-contract.ts';
import { regionOfSubscriber } from '../../../objects/shard-directory.ts';
import { ELSEWHERE, type Placement, type PlacementOf } from '../../subscribers/placement.ts';
import type { HandshakeRefusal } from '../../subscribers/refusal.ts';
import { SlotCounterByTag } from '../../subscribers/slot-counter.ts';
import type { SubscriberSlots } from '../../subscribers/subscriber-slots.ts';
import type { HubShards } from '../directory.ts';
import { socketsAtHub } from './placement-rule.ts';

/** The tag of the sockets of another region than the hub's own. */
export function regionTag(region: Region): string {
  return `region ${region}`;
}

export function placementAtHub(ctx: DurableObjectState, env: Env, shards: HubShards): PlacementOf {
  return (slots) => new HubPlacement(ctx, env, shards, slots);
}

class HubPlacement implements Placement {
  readonly #sharding: Sharding;
  readonly #shards: HubShards;
  readonly #slots: SubscriberSlots;
  /** Of the regions that are not the hub's own. */
  readonly #byRegion: SlotCounterByTag;

  constructor(ctx: DurableObjectState, env: Env, shards: HubShards, slots: SubscriberSlots) {
    this.#sharding = shardingOf(env);
    this.#shards = shards;
    this.#slots = slots;
    this.#byRegion = new SlotCounterByTag((tag) => ctx.getWebSockets(tag).length);
  }

  get directory(): ShardDirectory {
    return this.#shards.directory;
  }

  async reserve(client: Region | undefined): Promise<HandshakeRefusal | undefined> {
    if (client === undefined) return this.#slots.reserve();
    this.#shards.settle(client);
    const room = socketsAtHub(client, this.directory, this.#sharding);
    if (room === 0) return ELSEWHERE;
    if (room === Number.POSITIVE_INFINITY) return this.#slots.reserve();
    const [tag] = this.tagsFor(client);
    if (tag === undefined) {
      if (this.#slots.reserve(room) === undefined) return undefined;
    } else if (this.#byRegion.reserve(tag, room)) {
      const full = this.#slots.reserve();
      if (full !== undefined) this.#byRegion.release(tag);
      return full;
    }
    this.#shards.set(regionOfSubscriber(client, this.directory), 0, 1);
    return ELSEWHERE;
  }

  release(client: Region | undefined): void {
    this.#slots.release();
    for (const tag of this.tagsFor(client)) this.#byRegion.release(tag);
  }

  /** The sockets of the hub's own region are those without such a tag. */
  tagsFor(client: Region | undefined): readonly string[] {
    if (client === undefined || this.#sharding.atSockets === 0) return [];
    const region = regionOfSubscriber(client, this.directory);
    return region === regionOfSubscriber('any', this.directory) ? [] : [regionTag(region)];
  }
}
