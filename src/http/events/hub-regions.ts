/**
 * The regions of a hub, for an operator. The hub says which have a head, and each head how its shards are. A region that does
 * not answer is shown as such, and the others are shown nevertheless.
 */

import { REGIONS, type Region } from '../../config/region.ts';
import { logError } from '../../lib/log.ts';
import { callEach } from '../../objects/call.ts';
import type { HubRegion, HubState } from '../../objects/hub-contract.ts';
import { parseReplicaName, regionHeadName } from '../../objects/names.ts';
import type { RegionState } from '../../objects/replica-contract.ts';
import { messageOf } from '../../objects/storage-failure.ts';
import { callRegionHead, hubObjectId } from '../../objects/stubs.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import { REGION_STATE_TIMEOUT_MS } from '../limits.ts';

interface RegionView {
  readonly region: Region;
  /** Of the head and of all shards. */
  readonly subscribers?: number;
  readonly lag: number;
  readonly head: ReplicaView;
  readonly shards: readonly ShardView[];
  readonly problem?: string;
}

interface ReplicaView {
  readonly object_id: string;
  readonly subscribers?: number;
}

interface ShardView extends ReplicaView {
  readonly shard: number;
  readonly lag?: number;
  readonly problem?: string;
}

/** @param hub its name */
export function regionsOf(
  env: Env,
  hub: string,
  regions: NonNullable<HubState['regions']>,
): Promise<RegionView[]> {
  const present = REGIONS.filter((region) => regions[region] !== undefined);
  return callEach(present, (region) =>
    viewOf(env, hub, region as Region, regions[region as Region] as HubRegion),
  );
}

async function viewOf(
  env: Env,
  hub: string,
  region: Region,
  { shards: count, lag }: HubRegion,
): Promise<RegionView> {
  const name = regionHeadName(hub, region);
  const head = { object_id: hubObjectId(env, name) };
  let state: RegionState;
  try {
    const asked = callRegionHead(env, name, (stub) => stub.region(count));
    state = await withTimeout(REGION_STATE_TIMEOUT_MS, asked);
  } catch (error) {
    logError(`the region head ${name} does not answer`, error);
    return { region, lag, head, shards: [], problem: `does not answer: ${messageOf(error)}` };
  }
  const shards = state.shards.map((shard) => ({
    shard: parseReplicaName(shard.name)?.shard ?? 0,
    object_id: hubObjectId(env, shard.name),
    ...(shard.problem === undefined
      ? { subscribers: shard.sockets, lag: shard.lag }
      : { problem: shard.problem }),
  }));
  const subscribers = [state.head, ...state.shards].reduce((sum, { sockets }) => sum + sockets, 0);
  return { region, subscribers, lag, head: { ...head, subscribers: state.head.sockets }, shards };
}
