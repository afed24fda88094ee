/**
 * The one place that makes stubs of Durable Objects, and calls them with retries. A stub that threw may stay broken,
 * so each attempt uses a new one.
 */

import type { AuthorityContract } from './authority-contract.ts';
import { callWithRetry } from './call.ts';
import type { HubContract, SubscriberHubContract, WildcardHubContract } from './hub-contract.ts';
import { authorityForOperators, authorityName, isWildcardHub, nameForOperators } from './names.ts';

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
type HubStub = Stub<HubContract>;
type WildcardHubStub = Stub<WildcardHubContract>;
/** A hub of either kind. */
type SubscriberHubStub = Stub<SubscriberHubContract>;

/** @param name as `hubName` makes it */
export function hubStub(env: Env, name: string): HubStub {
  return env.HUB.getByName(name);
}

/** @param name as `wildcardHubName` makes it */
function wildcardHubStub(env: Env, name: string): WildcardHubStub {
  return env.WILDCARD_HUB.getByName(name);
}

/** The hub of either kind with this name. */
export function subscriberHubStub(env: Env, name: string): SubscriberHubStub {
  return isWildcardHub(name) ? wildcardHubStub(env, name) : hubStub(env, name);
}

/** @param namespaceKey the key of its Vault namespace */
export function authorityStub(env: Env, namespaceKey: string): AuthorityStub {
  return env.AUTHORITY.getByName(authorityName(namespaceKey));
}

export function callHub<T>(env: Env, name: string, call: (hub: HubStub) => Promise<T>): Promise<T> {
  return callWithRetry(() => call(hubStub(env, name)), nameForOperators(name));
}

export function callWildcardHub<T>(
  env: Env,
  name: string,
  call: (hub: WildcardHubStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(wildcardHubStub(env, name)), nameForOperators(name));
}

/** Calls the hub of either kind with this name. */
export function callSubscriberHub<T>(
  env: Env,
  name: string,
  call: (hub: SubscriberHubStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(subscriberHubStub(env, name)), nameForOperators(name));
}

/** For a Worker or an authority. A storage failure that names no object is an authority's. */
export function callAuthority<T>(
  env: Env,
  namespaceKey: string,
  call: (authority: AuthorityStub) => Promise<T>,
): Promise<T> {
  return callWithRetry(() => call(authorityStub(env, namespaceKey)));
}

/** For a hub: a storage failure names the authority, so that it is not taken for the hub's own. */
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
