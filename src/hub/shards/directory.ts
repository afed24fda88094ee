/** How many shards the regions of a hub have, stored by the hub: the key-value entry `shards`. */

import { isRegion, type Region } from '../../config/region.ts';
import { type Sharding, shardingOf } from '../../config/sharding.ts';
import type { ShardDirectory } from '../../objects/replica-contract.ts';
import { EMPTY_DIRECTORY, shardsIn } from '../../objects/shard-directory.ts';
import { MAX_SHARDS_PER_REGION } from '../limits.ts';

export const SHARDS_KEY = 'shards';

type Kv = DurableObjectStorage['kv'];

/** Also of a hub that is released. */
export function storedDirectory(kv: Kv): ShardDirectory {
  return kv.get<ShardDirectory>(SHARDS_KEY) ?? EMPTY_DIRECTORY;
}

export class HubShards {
  readonly #kv: Kv;
  readonly #sharding: Sharding;
  /** The variable `LOCATION`; empty for none. */
  readonly #location: string;
  #directory: ShardDirectory | undefined;

  constructor({ kv }: DurableObjectStorage, env: Env) {
    this.#kv = kv;
    this.#sharding = shardingOf(env);
    this.#location = env.LOCATION;
  }

  get directory(): ShardDirectory {
    this.#directory ??= storedDirectory(this.#kv);
    return this.#directory;
  }

  /**
   * The region of the hub itself is that of its first request, because Cloudflare creates an object near that. The variable
   * `LOCATION` says otherwise. It costs one row in the life of a hub.
   *
   * @param client undefined if a Worker of an earlier release sent the request
   */
  settle(client: Region | undefined): void {
    if (client === undefined || this.directory.home !== undefined) return;
    const { atSockets, regions } = this.#sharding;
    if (atSockets === 0) return;
    const [location = ''] = this.#location.split('-');
    const home = isRegion(location) ? location : client;
    this.#put({ home: regions.has(home) ? home : 'any' });
  }

  /** @param from the number that the caller knows: if it is another one by now, nothing is changed */
  set(region: Region, from: number, to: number): ShardDirectory {
    const isNumber = Number.isInteger(to) && to >= 0 && to <= MAX_SHARDS_PER_REGION;
    if (isNumber && isRegion(region) && shardsIn(this.directory, region) === from && to !== from) {
      this.#put({ shards: { ...this.directory.shards, [region]: to } });
    }
    return this.directory;
  }

  /** A hub that was released or restored has forgotten versions that others know, so the time is part of each. */
  #put(changed: Partial<ShardDirectory>): void {
    const version = Math.max(Date.now(), this.directory.version + 1);
    this.#directory = { ...this.directory, ...changed, version };
    this.#kv.put(SHARDS_KEY, this.#directory);
  }
}
