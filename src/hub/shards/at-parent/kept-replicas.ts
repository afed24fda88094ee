/** What stays true of the replicas of a hub when its storage is replaced by an earlier state: they are not restored. */

import type { ShardDirectory } from '../../../objects/replica-contract.ts';
import { newerDirectory } from '../../../objects/shard-directory.ts';
import { SHARDS_KEY, storedDirectory } from '../directory.ts';
import { CONFIRMED_KEY } from './replica-feeds.ts';
import { ReplicaTable, type StoredReplica } from './replica-table.ts';

interface Kept {
  readonly directory: ShardDirectory;
  readonly replicas: readonly StoredReplica[];
}

/** Undefined if the hub never had one. */
export function keptReplicas({ sql, kv }: DurableObjectStorage): string | undefined {
  const directory = storedDirectory(kv);
  if (directory.version === 0) return undefined;
  return JSON.stringify({ directory, replicas: new ReplicaTable(sql).all() } satisfies Kept);
}

/** To be called in a transaction. @param kept undefined if nothing is known: then what is stored stays */
export function putKeptReplicas({ sql, kv }: DurableObjectStorage, kept: string | undefined): void {
  if (kept === undefined) return;
  const { directory, replicas } = JSON.parse(kept) as Kept;
  kv.put(SHARDS_KEY, newerDirectory(directory, storedDirectory(kv)));
  const table = new ReplicaTable(sql);
  for (const { name } of table.all()) table.delete(name);
  for (const { name, version, interest } of replicas) table.put(name, version, interest);
}

/** The journal has another epoch, or is at another place: the replicas are told soon, also if there is no event. */
export function tellReplicasSoon({ kv }: DurableObjectStorage): void {
  kv.delete(CONFIRMED_KEY);
}
