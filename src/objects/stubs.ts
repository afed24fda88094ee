/**
 * The one place that makes stubs of Durable Objects. A stub that threw may stay broken, so each attempt at a call gets a
 * new one, and none is kept. The variable `JURISDICTION` applies to the objects of all classes, and `LOCATION` to all but
 * replicas: these are created in their regions. A hub that has moved is called by its name, too (`places.ts`).
 */

import { type Location, type Placement, parsePlacement } from '../config/placement.ts';
import type { Region } from '../config/region.ts';
import type { Variables } from '../config/variables.ts';
import type { AuthorityContract } from './authority-contract.ts';
import { callWithRetry } from './call.ts';
import type { DestinationContract, DispatcherContract } from './destination-contract.ts';
import type { HubContract, SubscriberHubContract, WildcardHubContract } from './hub-contract.ts';
import type { MetricsContract } from './metrics-contract.ts';
import {
  authorityForOperators,
  authorityName,
  destinationForOperators,
  destinationName,
  dispatcherForOperators,
  dispatcherName,
  hubObjectName,
  isWildcardHub,
  METRICS_NAME,
  nameForOperators,
  parseReplicaName,
  type ReplicaPlace,
  restorationForOperators,
} from './names.ts';
import { placeOfHub } from './places.ts';
import type { ReadableContract } from './reading-contract.ts';
import type {
  ParentContract,
  RegionHeadContract,
  ShardContract,
  ShardedHubContract,
} from './replica-contract.ts';
import type { RestorationContract } from './restoration-contract.ts';
import { failureAt } from './storage-failure.ts';

/**
 * A stub of a Durable Object, typed by its contract. What crosses an RPC is plain data, so a method returns what the
 * contract says; the platform's own types split a union into a union of promises.
 */
type Stub<Contract> = DurableObjectStub & {
  readonly [Method in keyof Contract]: Contract[Method] extends (...args: infer Args) => infer Value
    ? (...args: Args) => Promise<Awaited<Value>>
    : never;
};

export type AuthorityStub = Stub<AuthorityContract>;
type RestorationStub = Stub<RestorationContract>;
type HubStub = Stub<HubContract>;
type WildcardHubStub = Stub<WildcardHubContract>;
/** A hub of either kind, or a replica. Only a hub can be restored. */
type SubscriberHubStub = Stub<SubscriberHubContract>;
type ReplicaStub = Stub<ShardContract>;
type RegionHeadStub = Stub<RegionHeadContract>;
type ParentStub = Stub<ParentContract>;
type DispatcherStub = Stub<DispatcherContract>;
type DestinationStub = Stub<DestinationContract>;
type ReadableStub = Stub<ReadableContract>;
type ShardedHubStub = Stub<ShardedHubContract>;

/** The bindings of the Durable Objects. */
type Binding = {
  readonly [Name in keyof Env]: Env[Name] extends DurableObjectNamespace ? Name : never;
}[keyof Env];

const placements = new WeakMap<Env, Placement>();

/** Calls a hub. The call is repeated if that is safe, as the platform says. @param name as `hubName` makes it */
export function callHub<T>(env: Env, name: string, call: (hub: HubStub) => Promise<T>): Promise<T> {
  return callWithRetry(() => call(hubStub(env, name)), nameForOperators(name));
}

/**
 * Calls the object that a hub has, had or gets at a place.
 *
 * @param location a hint where to create it, in place of the variable
 */
export function callHubAt<T>(
  env: Env,
  name: string,
  place: number,
  call: (hub: HubStub) => Promise<T>,
  location?: Location,
): Promise<T> {
  const object = hubObjectName(name, place);
  return callWithRetry(() => call(stubOf(env, 'HUB', object, location)), nameForOperators(name));
}

/** @param name as `wildcardHubName` makes it */
export function callWildcardHub<T>(
  env: Env,
  name: string,
  call: (hub: WildcardHubStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(stubOf(env, 'WILDCARD_HUB', name)), nameForOperators(name));
}

/** Calls the hub of either kind, or the replica, with this name. */
export function callSubscriberHub<T>(
  env: Env,
  name: string,
  call: (hub: SubscriberHubStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(subscriberHubStub(env, name)), nameForOperators(name));
}

/** Calls the region head or the shard with this name. */
export function callReplica<T>(
  env: Env,
  name: string,
  call: (replica: ReplicaStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(subscriberHubStub(env, name)), nameForOperators(name));
}

/** @param name as `regionHeadName` makes it */
export function callRegionHead<T>(
  env: Env,
  name: string,
  call: (head: RegionHeadStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(subscriberHubStub(env, name)), nameForOperators(name));
}

/** Calls what feeds a replica: the hub of either kind, or the region head, with this name. */
export function callParent<T>(
  env: Env,
  name: string,
  call: (parent: ParentStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(subscriberHubStub(env, name)), nameForOperators(name));
}

/** Calls the hub with this name for a destination that reads its journal. @param name as `hubName` makes it */
export function callReadable<T>(
  env: Env,
  name: string,
  call: (hub: ReadableStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(hubStub(env, name)), nameForOperators(name));
}

/** Calls the hub of either kind with this name about its regions. */
export function callShardedHub<T>(
  env: Env,
  name: string,
  call: (hub: ShardedHubStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(subscriberHubStub(env, name)), nameForOperators(name));
}

/** The same as `callSubscriberHub`, for a call that would do something twice if it was repeated. */
export async function callSubscriberHubOnce<T>(
  env: Env,
  name: string,
  call: (hub: SubscriberHubStub) => Promise<T>,
): Promise<T> {
  try {
    return await call(subscriberHubStub(env, name));
  } catch (error) {
    throw failureAt(nameForOperators(name), error);
  }
}

/**
 * For a Worker or an authority. A storage failure that names no object is an authority's.
 *
 * @param namespaceKey the key of its Vault namespace
 */
export function callAuthority<T>(
  env: Env,
  namespaceKey: string,
  call: (authority: AuthorityStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(authorityStub(env, namespaceKey)));
}

/** The same, for a call that would do something twice if it was repeated. */
export function callAuthorityOnce<T>(
  env: Env,
  namespaceKey: string,
  call: (authority: AuthorityStub) => Promise<T>,
): Promise<T> {
  return call(authorityStub(env, namespaceKey));
}

/** For a hub or a dispatcher: a storage failure names the authority, so that it is not taken for the caller's own. */
export function callAuthorityFromHub<T>(
  env: Env,
  namespaceKey: string,
  call: (authority: AuthorityStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(
    () => call(authorityStub(env, namespaceKey)),
    authorityForOperators(namespaceKey),
  );
}

/** @param namespaceKey the key of its Vault namespace */
export function callDispatcher<T>(
  env: Env,
  namespaceKey: string,
  call: (dispatcher: DispatcherStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(
    () => call(stubOf(env, 'DISPATCHER', dispatcherName(namespaceKey))),
    dispatcherForOperators(namespaceKey),
  );
}

/** @param namespaceKey as above. @param name of the destination */
export function callDestination<T>(
  env: Env,
  namespaceKey: string,
  name: string,
  call: (destination: DestinationStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(
    () => call(stubOf(env, 'DESTINATION', destinationName(namespaceKey, name))),
    destinationForOperators(namespaceKey, name),
  );
}

export function callMetrics<T>(
  env: Env,
  call: (metrics: Stub<MetricsContract>) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(stubOf(env, 'METRICS', METRICS_NAME)), 'the metrics object');
}

/** @param object as `hubRestoration` or `authorityRestoration` makes it */
export function callRestoration<T>(
  env: Env,
  object: string,
  call: (restoration: RestorationStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(
    () => call(stubOf(env, 'RESTORATION', object)),
    restorationForOperators(object),
  );
}

/** The id of a hub of either kind, or of a replica, by which Cloudflare's dashboard and the data folder name it. */
export function hubObjectId(env: Env, name: string): string {
  return subscriberHubStub(env, name).id.toString();
}

/** The same of the authority of a Vault namespace. */
export function authorityObjectId(env: Env, namespaceKey: string): string {
  return authorityStub(env, namespaceKey).id.toString();
}

/** The same of what stands beside a hub or an authority. @param object as for `callRestoration` */
export function restorationObjectId(env: Env, object: string): string {
  return stubOf(env, 'RESTORATION', object).id.toString();
}

function subscriberHubStub<Contract>(env: Env, name: string): Stub<Contract> {
  const replica = parseReplicaName(name);
  if (replica !== undefined) return replicaStub(env, name, replica);
  return isWildcardHub(name) ? stubOf(env, 'WILDCARD_HUB', name) : hubStub(env, name);
}

function replicaStub<Contract>(
  env: Env,
  name: string,
  { region, shard }: ReplicaPlace,
): Stub<Contract> {
  return stubOf(env, shard === undefined ? 'REGION_HEAD' : 'SHARD', name, region);
}

function hubStub<Contract = HubContract>(env: Env, name: string): Stub<Contract> {
  return stubOf(env, 'HUB', hubObjectName(name, placeOfHub(env, name)));
}

function authorityStub(env: Env, namespaceKey: string): AuthorityStub {
  return stubOf(env, 'AUTHORITY', authorityName(namespaceKey));
}

/**
 * A new stub of the object of a class with this name.
 *
 * @param hint where to create it, in place of the variable; `any` for near whoever calls it first
 */
function stubOf<Contract>(
  env: Env,
  binding: Binding,
  name: string,
  hint?: Location | Region,
): Stub<Contract> {
  const placement = placements.get(env) ?? placementOf(env);
  const { jurisdiction } = placement;
  const location = hint ?? placement.location;
  const objects: DurableObjectNamespace = env[binding];
  const placed = jurisdiction === undefined ? objects : objects.jurisdiction(jurisdiction);
  const stub =
    location === undefined || location === 'any'
      ? placed.getByName(name)
      : placed.getByName(name, { locationHint: location });
  return stub as Stub<Contract>;
}

/** @throws if the operator has set a value that there is not: a call would create objects in another place */
function placementOf(env: Env & Variables): Placement {
  const placement = parsePlacement(env);
  if (!placement.ok) throw new Error(placement.failure.message);
  placements.set(env, placement.value);
  return placement.value;
}
