/**
 * Names of the Durable Objects. Of an authority: a slash and the key of the Vault namespace. Of a hub: the key, a slash,
 * and the event-type namespace, which a wildcard hub does not have. The key of the root namespace is empty: `/kv-v2`, `/`.
 *
 * A hub that has moved keeps its name. Its object has another one, with the number of the place: `/kv-v2#2`.
 *
 * A replica of a hub of either kind is named by the hub and the region. A region head: `/kv-v2#weur`. A shard: `/kv-v2#weur-2`.
 * No event type and no Vault namespace has a `#`, so no URL names one of these.
 */

import { isRegion, type Region } from '../config/region.ts';
import { pathOfKey, ROOT } from '../namespace/namespace.ts';

/** Where every hub is that has not moved. */
export const FIRST_PLACE = 1;

/** There is one metrics object. */
export const METRICS_NAME = 'metrics';

export function authorityName(namespaceKey: string): string {
  return `/${namespaceKey}`;
}

/** As messages to people name an authority. */
export function authorityForOperators(namespaceKey: string): string {
  const path = pathOfKey(namespaceKey);
  return `the authority of ${path === ROOT ? 'the root namespace' : `namespace ${path}`}`;
}

/** The dispatcher of a Vault namespace. */
export function dispatcherName(namespaceKey: string): string {
  return `/${namespaceKey}`;
}

export function keyOfDispatcher(name: string | undefined): string {
  if (!name?.startsWith('/')) {
    throw new Error(`a dispatcher is addressed by a name that dispatcherName makes, not ${name}`);
  }
  return name.slice(1);
}

/** As messages to people name a dispatcher. */
export function dispatcherForOperators(namespaceKey: string): string {
  const path = pathOfKey(namespaceKey);
  return `the dispatcher of ${path === ROOT ? 'the root namespace' : `namespace ${path}`}`;
}

/** A destination of a Vault namespace. Its name has no slash. */
export function destinationName(namespaceKey: string, name: string): string {
  return `${namespaceKey}/${name}`;
}

/** What `destinationName` makes. */
export function parseDestinationName(object = ''): { namespaceKey: string; name: string } {
  const slash = object.lastIndexOf('/');
  if (slash === -1) {
    throw new Error(
      `a destination is addressed by a name that destinationName makes, not ${object}`,
    );
  }
  return { namespaceKey: object.slice(0, slash), name: object.slice(slash + 1) };
}

/** As messages to people name a destination. */
export function destinationForOperators(namespaceKey: string, name: string): string {
  const path = pathOfKey(namespaceKey);
  return `the destination ${name}${path === ROOT ? '' : ` of namespace ${path}`}`;
}

/** The name of the object that knows how often a hub of either kind was restored. */
export function hubRestoration(hub: string): string {
  return `hub ${hub}`;
}

/** The same for the authority of a Vault namespace. */
export function authorityRestoration(namespaceKey: string): string {
  return `authority ${authorityName(namespaceKey)}`;
}

/** As messages to people name the object with one of these names. */
export function restorationForOperators(name: string): string {
  const [kind, ofObject = ''] = name.split(' ');
  const object =
    kind === 'hub' ? nameForOperators(ofObject) : authorityForOperators(keyOfAuthority(ofObject));
  return `the restoration record of ${object}`;
}

export function keyOfAuthority(name: string | undefined): string {
  if (!name?.startsWith('/')) {
    throw new Error(`an authority is addressed by a name that authorityName makes, not ${name}`);
  }
  return name.slice(1);
}

export function hubName(namespaceKey: string, eventTypeNamespace: string): string {
  return `${namespaceKey}/${eventTypeNamespace}`;
}

export function wildcardHubName(namespaceKey: string): string {
  return `${namespaceKey}/`;
}

/** The name of the object that a hub has at a place. */
export function hubObjectName(hub: string, place: number): string {
  return place === FIRST_PLACE ? hub : `${hub}#${place}`;
}

/** The name of the hub that an object is, or of which it is a replica. */
export function hubOfObject(object = ''): string {
  return object.replace(/#[^#]*$/, '');
}

/** The name of the subscriber hub that an object is: a replica has its own, and a hub has one at all places. */
export function subscriberHubOfObject(object = ''): string {
  return object.replace(/#\d+$/, '');
}

/** @param hub of either kind */
export function regionHeadName(hub: string, region: Region): string {
  return `${hub}#${region}`;
}

/** @param shard counted from 1 */
export function shardName(hub: string, region: Region, shard: number): string {
  return `${hub}#${region}-${shard}`;
}

/** The numbers of the shards of a region with so many: the head is the only one until there are two. */
export function shardNumbers(count: number): number[] {
  return Array.from({ length: count < 2 ? 0 : count }, (_, index) => index + 1);
}

/** The names of the same. */
export function shardNames(hub: string, region: Region, count: number): string[] {
  return shardNumbers(count).map((shard) => shardName(hub, region, shard));
}

/** Where a replica is. */
export interface ReplicaPlace {
  readonly hub: string;
  readonly region: Region;
  /** Undefined for a region head. */
  readonly shard: number | undefined;
}

/** Undefined if a name is not that of a replica. */
export function parseReplicaName(name = ''): ReplicaPlace | undefined {
  const [, hub, region = '', shard] = /^(.*)#([a-z]+)(?:-(\d+))?$/.exec(name) ?? [];
  if (hub === undefined || !isRegion(region)) return undefined;
  return { hub, region, shard: shard === undefined ? undefined : Number(shard) };
}

/** What feeds a replica: the head of its region, or the hub. */
export function parentOf({ hub, region, shard }: ReplicaPlace): string {
  return shard === undefined ? hub : regionHeadName(hub, region);
}

/** The place that an object is. */
export function placeOfObject(object = ''): number {
  return Number(/#(\d+)$/.exec(object)?.[1] ?? FIRST_PLACE);
}

/** Which of the two kinds of hub has this name. */
export function isWildcardHub(name: string): boolean {
  return name.endsWith('/');
}

/** As messages to people name a hub, or a replica. */
export function nameForOperators(name: string | undefined): string {
  const { namespaceKey, eventTypeNamespace } = parseHubName(name);
  const hub = eventTypeNamespace === '' ? 'the wildcard hub' : `the hub of ${eventTypeNamespace}`;
  const named = namespaceKey === ROOT ? hub : `${hub} in namespace ${pathOfKey(namespaceKey)}`;
  const replica = parseReplicaName(name);
  if (replica === undefined) return named;
  const { region, shard } = replica;
  return shard === undefined
    ? `the region head ${region} of ${named}`
    : `the shard ${region}-${shard} of ${named}`;
}

/**
 * An event-type namespace has no slash, so the last slash divides the name.
 *
 * @param name of a hub, or of its object
 */
export function parseHubName(name: string | undefined): {
  namespaceKey: string;
  eventTypeNamespace: string;
} {
  const slash = name?.lastIndexOf('/') ?? -1;
  if (name === undefined || slash === -1) {
    throw new Error(`a hub is addressed by a name that hubName makes, not ${name}`);
  }
  return {
    namespaceKey: name.slice(0, slash),
    eventTypeNamespace: hubOfObject(name.slice(slash + 1)),
  };
}
