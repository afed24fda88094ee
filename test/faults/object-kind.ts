/**
 * What an object is, by its name. One that has subscribers has the name that the server gives it: a hub of either kind, the
 * head of a region, or a shard. The others have names that hubs have, too, so a run names them with their kind before it.
 */
import { parseReplicaName } from '../../src/objects/names.ts';

export type ObjectKind = 'hub' | 'head' | 'shard';

export function kindOf(name: string): ObjectKind {
  const replica = parseReplicaName(name);
  if (replica === undefined) return 'hub';
  return replica.shard === undefined ? 'head' : 'shard';
}

const OTHER_KINDS = ['authority', 'dispatcher', 'destination'] as const;

export type OtherKind = (typeof OTHER_KINDS)[number];

/** An object without subscribers, as a run names it. @param name as the server does */
export function nameOfOther(kind: OtherKind, name: string): string {
  return `${kind} ${name}`;
}

/** What `nameOfOther` makes; undefined for an object that may have subscribers. */
export function parseOther(name: string): { kind: OtherKind; name: string } | undefined {
  const kind = OTHER_KINDS.find((each) => name.startsWith(`${each} `));
  return kind && { kind, name: name.slice(kind.length + 1) };
}
