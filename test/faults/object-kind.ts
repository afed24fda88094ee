/** What an object that has subscribers is, by its name: a hub of either kind, the head of a region, or a shard. */
import { parseReplicaName } from '../../src/objects/names.ts';

export type ObjectKind = 'hub' | 'head' | 'shard';

export function kindOf(name: string): ObjectKind {
  const replica = parseReplicaName(name);
  if (replica === undefined) return 'hub';
  return replica.shard === undefined ? 'head' : 'shard';
}
