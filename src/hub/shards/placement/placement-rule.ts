/** Which object of a hub serves a new subscriber, and when a region needs more of them. Pure. */

import type { Region } from '../../../config/region.ts';
import type { Sharding } from '../../../config/sharding.ts';
import type { ShardDirectory } from '../../../objects/replica-contract.ts';
import { regionOfSubscriber, shardsIn } from '../../../objects/shard-directory.ts';

/** From how many sockets on a region gets another shard, as a part of those that its shards may have. */
const CROWDED = 3 / 4;

/** The same if one of them is full: then those that prefer it have to try several. */
const CROWDED_UNEVENLY = 1 / 2;

/** How many sockets of a client's region the hub itself serves. With more, the region needs shards. */
export function socketsAtHub(
  client: Region,
  directory: ShardDirectory,
  { atSockets, regionAtSockets }: Sharding,
): number {
  if (atSockets === 0) return Number.POSITIVE_INFINITY;
  const region = regionOfSubscriber(client, directory);
  if (shardsIn(directory, region) > 0) return 0;
  return region === regionOfSubscriber('any', directory) ? atSockets : regionAtSockets;
}

/**
 * Whether a region needs one more shard.
 *
 * @param loads the sockets of each of its shards, as far as they are known; with one shard those of the head
 */
export function needsShard(shards: number, loads: Iterable<number>, perShard: number): boolean {
  let all = 0;
  let most = 0;
  for (const load of loads) {
    all += load;
    most = Math.max(most, load);
  }
  return all >= shards * perShard * (most >= perShard ? CROWDED_UNEVENLY : CROWDED);
}
