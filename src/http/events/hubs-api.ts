/**
 * `/v1/sys/events/hubs[/{event-type namespace}]`, for operators: lists the hubs, says whether one can read its storage,
 * and resets it if it cannot. `*` is the name of the wildcard hub.
 */

import { checkEventType } from '../../event/event-type.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { ROOT } from '../../namespace/namespace.ts';
import { callEach } from '../../objects/call.ts';
import type { HubState } from '../../objects/hub-contract.ts';
import { hubName, nameForOperators, wildcardHubName } from '../../objects/names.ts';
import { messageOf, storageFailureOf } from '../../objects/storage-failure.ts';
import { callSubscriberHub, callWildcardHub, hubObjectId } from '../../objects/stubs.ts';
import { auditCall } from '../audit-log.ts';
import type { Call, Endpoints } from '../endpoint-types.ts';
import { done, list, refuse, succeed } from '../respond.ts';
import { nameOfHub, WILDCARD } from './hub-in-request.ts';
import { regionsOf } from './hub-regions.ts';

export const HUB_ENDPOINTS: Endpoints = {
  'sys/events/hubs': { list: listHubs, delete: deleteEvents, alwaysLists: true, sudo: true },
  'sys/events/hubs/:name': { read: readHub, delete: resetHub, sudo: true },
};

async function listHubs({ env, var: { namespace } }: Call): Promise<Response> {
  const hubs = await registeredIn(env, namespace);
  return list([...hubs].map((hub) => hub.slice(namespace.length + 1)));
}

/**
 * Deletes the events of the root namespace: of its hubs, and what its wildcard hub has of the namespaces below. The wildcard
 * hub is last, because it knows which hubs there are. So a request that fails on the way can be repeated.
 */
async function deleteEvents(call: Call): Promise<Response> {
  const { env } = call;
  const { namespace } = call.var;
  if (namespace !== ROOT) {
    return refuse(
      invalid('only the events of the root namespace are deleted so; delete this namespace instead')
        .failure,
    );
  }
  const hubs = await registeredIn(env, namespace);
  await callEach(hubs, (hub) => callSubscriberHub(env, hub, (stub) => stub.clear()));
  await callSubscriberHub(env, wildcardHubName(ROOT), (stub) => stub.clear());
  auditCall(call, 'events_deleted', { hubs: hubs.length });
  return done();
}

async function readHub(call: Call): Promise<Response> {
  const hub = hubOf(call);
  if (!hub.ok) return refuse(hub.failure);
  const [{ regions, ...state }, registered] = await Promise.all([
    stateOf(call.env, hub.value),
    call.var.name === WILDCARD ? undefined : isRegistered(call, hub.value),
  ]);
  return succeed({
    hub: call.var.name,
    object_id: hubObjectId(call.env, hub.value),
    ...state,
    ...(registered !== undefined && { registered }),
    ...(regions !== undefined && { regions: await regionsOf(call.env, hub.value, regions) }),
  });
}

async function resetHub(call: Call): Promise<Response> {
  const hub = hubOf(call);
  if (!hub.ok) return refuse(hub.failure);
  const title = nameForOperators(hub.value);
  const wasReset = await resetAt(call.env, hub.value);
  if (wasReset === undefined) {
    const id = hubObjectId(call.env, hub.value);
    return refuse({
      reason: 'storage_unreadable',
      message: `the object ${id} of ${title} does not start, so it cannot be reset from here. In a data folder of the local server: stop the server and move away what lies below durable-objects under the name ${id}`,
    });
  }
  if (!wasReset) {
    return refuse(invalid(`the storage of ${title} can be read, so it was not reset`).failure);
  }
  auditCall(call, 'hub_reset', { hub: call.var.name });
  return done();
}

type State = Omit<HubState, 'state'> & { readonly state: HubState['state'] | 'unusable' };

/** The name of the hub of a request. */
export function hubOf({ var: { name, namespace } }: Call): Result<string> {
  const checked = name === WILDCARD ? ok(name) : checkEventType(name);
  return checked.ok
    ? ok(nameOfHub(namespace, name))
    : invalid(`${quote(name)} is no event-type namespace: ${checked.failure.message}`);
}

/** A Durable Object that does not start cannot report that itself. */
async function stateOf(env: Env, hub: string): Promise<State> {
  try {
    return await callSubscriberHub(env, hub, (stub) => stub.state());
  } catch (error) {
    if (storageFailureOf(error) === undefined) throw error;
    const problem = `the object does not start: ${messageOf(error)}. The log of the server says why`;
    return { state: 'unusable', problem, subscribers: 0 };
  }
}

/** @returns whether the hub was reset; undefined if the Durable Object does not start */
async function resetAt(env: Env, hub: string): Promise<boolean | undefined> {
  try {
    return await callSubscriberHub(env, hub, (stub) => stub.reset());
  } catch (error) {
    if (storageFailureOf(error) !== 'unusable') throw error;
    return undefined;
  }
}

async function isRegistered(
  { env, var: { namespace } }: Call,
  hub: string,
): Promise<boolean | undefined> {
  try {
    return (await registeredIn(env, namespace)).includes(hub);
  } catch (error) {
    if (storageFailureOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The hubs of a Vault namespace that have events, without those of namespaces below. */
async function registeredIn(env: Env, namespace: string): Promise<string[]> {
  const hubs = await callWildcardHub(env, wildcardHubName(namespace), (stub) => stub.hubs());
  return hubs.filter((hub) => hub === hubName(namespace, hub.slice(hub.lastIndexOf('/') + 1)));
}
