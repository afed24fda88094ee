/**
 * Ends the replicas of a hub with it, and the shards of a region head with that. One that cannot be reached when the events are
 * deleted learns from the next page that there is another epoch.
 */

import { REGIONS, type Region } from '../../../config/region.ts';
import { logError } from '../../../lib/log.ts';
import { callEach } from '../../../objects/call.ts';
import { hasTables } from '../../../objects/migrations.ts';
import {
  hubOfObject,
  parseReplicaName,
  regionHeadName,
  shardNames,
} from '../../../objects/names.ts';
import { shardsIn } from '../../../objects/shard-directory.ts';
import { callReplica } from '../../../objects/stubs.ts';
import { isOwnFailure } from '../../storage-health.ts';
import { storedDirectory } from '../directory.ts';
import { ReplicaTable } from './replica-table.ts';

export interface ReplicaEnds {
  /**
   * Deletes them for good.
   *
   * @param shards of a region head: how many its hub knows
   * @throws if one does not answer
   */
  wipe(shards?: number): Promise<void>;
  /**
   * Closes their subscribers, and has them forget the journal.
   *
   * @param why as the subscribers are told
   * @returns whether all have answered
   */
  clear(why: string, shards?: number): Promise<boolean>;
}

/** Each with how many shards its region has; undefined if that is unknown. */
type Replicas = ReadonlyMap<string, number | undefined>;

/** The heads of all regions of a hub, which pass it on. */
export function endsOfRegions({ storage, id }: DurableObjectState, env: Env): ReplicaEnds {
  const hub = hubOfObject(id.name);
  return endsOf(env, () => {
    const heads = (regions: readonly Region[], shards?: (region: Region) => number) =>
      new Map(regions.map((region) => [regionHeadName(hub, region), shards?.(region)]));
    try {
      const directory = storedDirectory(storage.kv);
      const regions = new Set(Object.keys(directory.shards) as Region[]);
      for (const name of storedNames(storage)) {
        const region = parseReplicaName(name)?.region;
        if (region !== undefined) regions.add(region);
      }
      return heads([...regions], (region) => shardsIn(directory, region));
    } catch (error) {
      if (!isOwnFailure(error)) throw error;
      // Nobody knows which there are.
      return heads(REGIONS);
    }
  });
}

/** The shards of the region of a head. */
export function endsOfShards({ storage, id }: DurableObjectState, env: Env): ReplicaEnds {
  return endsOf(env, (shards = 0) => {
    const place = parseReplicaName(id.name);
    const serving = place === undefined ? [] : shardNames(place.hub, place.region, shards);
    return new Map([...storedNames(storage), ...serving].map((name) => [name, undefined]));
  });
}

function storedNames({ sql }: DurableObjectStorage): string[] {
  return hasTables(sql) ? new ReplicaTable(sql).all().map(({ name }) => name) : [];
}

function endsOf(env: Env, replicas: (shards?: number) => Replicas): ReplicaEnds {
  /** @returns the last error */
  const tell = async (
    all: Replicas,
    end: (name: string, shards: number | undefined) => Promise<unknown>,
  ): Promise<unknown> => {
    let failure: unknown;
    await callEach([...all.keys()], async (name) => {
      try {
        await end(name, all.get(name));
      } catch (error) {
        logError(`${name} cannot be told that it has ended`, error);
        failure = error;
      }
    });
    return failure;
  };
  return {
    wipe: async (shards) => {
      const failure = await tell(replicas(shards), (name, ofRegion) =>
        callReplica(env, name, (replica) => replica.wipe(ofRegion)),
      );
      if (failure !== undefined) throw failure;
    },
    clear: async (why, shards) => {
      const failure = await tell(replicas(shards), (name, ofRegion) =>
        callReplica(env, name, (replica) => replica.clear(why, ofRegion)),
      );
      return failure === undefined;
    },
  };
}
