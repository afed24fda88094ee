/**
 * The object that holds a subscription, as ids of subscriptions name it: `kv-v2` is the hub, `kv-v2~weur` the head of a
 * region, `kv-v2~weur-2` a shard. No event type has a `~`, and unlike the `#` of the object's own name it may stand in a URL.
 */

import { REGIONS, type Region } from '../../config/region.ts';
import { isWithin, pathOfKey } from '../../namespace/namespace.ts';
import {
  parseHubName,
  parseReplicaName,
  regionHeadName,
  shardName,
  shardNumbers,
} from '../../objects/names.ts';
import type { ShardDirectory } from '../../objects/replica-contract.ts';
import { canNameHub, nameOfHub, WILDCARD } from './hub-in-request.ts';

export interface Holder {
  /** An event-type namespace, or `*` for the wildcard hub. */
  readonly hub: string;
  /** Null for the hub itself. */
  readonly region: Region | null;
  /** Null for the hub itself, and for a region head. */
  readonly shard: number | null;
}

export function hubAsHolder(hub: string): Holder {
  return { hub, region: null, shard: null };
}

/** A number that no region can have is not read: each call of an object that there is not costs a request. */
const REPLICA = /^([a-z]+)(?:-([1-9]\d{0,4}))?$/;

export function parseHolder(text: string): Holder | undefined {
  const [hub = '', replica] = text.split('~');
  if (!canNameHub(hub)) return undefined;
  if (replica === undefined) return hubAsHolder(hub);
  const [, name, shard] = REPLICA.exec(replica) ?? [];
  const region = REGIONS.find((each) => each === name);
  if (region === undefined || text !== `${hub}~${replica}`) return undefined;
  return { hub, region, shard: shard === undefined ? null : Number(shard) };
}

export function textOfHolder({ hub, region, shard }: Holder): string {
  if (region === null) return hub;
  return shard === null ? `${hub}~${region}` : `${hub}~${region}-${shard}`;
}

/** The name by which the object is called. @param namespace the key of the Vault namespace */
export function objectOfHolder(namespace: string, { hub, region, shard }: Holder): string {
  const name = nameOfHub(namespace, hub);
  if (region === null) return name;
  return shard === null ? regionHeadName(name, region) : shardName(name, region, shard);
}

/** The replicas of a hub: of each region its head, and then its shards. */
export function replicasOf(hub: string, shards: ShardDirectory['shards']): Holder[] {
  return REGIONS.flatMap((region) => {
    const count = shards[region] ?? 0;
    if (count === 0) return [];
    return [null, ...shardNumbers(count)].map((shard) => ({ hub, region, shard }));
  });
}

/** Whether one comes after another in a list. Both are of one hub. */
export function isAfter(a: Holder, b: Holder): boolean {
  return orderOf(a) > orderOf(b);
}

function orderOf({ region, shard }: Holder): number {
  return region === null ? -1 : REGIONS.indexOf(region) * 1_000_000 + (shard ?? 0);
}

/**
 * An object for somebody who may see this Vault namespace and those below.
 *
 * @param object as an authority knows it
 * @param namespace the key of the Vault namespace
 */
export function visibleHolder(
  object: string,
  namespace: string,
): (Holder & { readonly namespace: string }) | undefined {
  const { namespaceKey, eventTypeNamespace } = parseHubName(object);
  if (!isWithin(namespaceKey, namespace)) return undefined;
  const { region = null, shard = null } = parseReplicaName(object) ?? {};
  return {
    namespace: pathOfKey(namespaceKey),
    hub: eventTypeNamespace || WILDCARD,
    region,
    shard,
  };
}
