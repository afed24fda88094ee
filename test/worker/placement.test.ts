/** Where objects are created: `JURISDICTION` and `LOCATION` reach the objects of every class. */
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import {
  hubName,
  hubRestoration,
  regionHeadName,
  shardName,
  wildcardHubName,
} from '../../src/objects/names.ts';
import * as stubs from '../../src/objects/stubs.ts';
import { it } from './fixtures.ts';

/** A call of each function that makes stubs. */
const CALLS: Record<keyof typeof stubs, (bindings: Env) => unknown> = {
  callHub: (bindings) => stubs.callHub(bindings, hubName('', 'abc'), (hub) => hub.state()),
  callHubAt: (bindings) => stubs.callHubAt(bindings, hubName('', 'abc'), 2, (hub) => hub.state()),
  callWildcardHub: (bindings) =>
    stubs.callWildcardHub(bindings, wildcardHubName(''), (hub) => hub.hubs()),
  callSubscriberHub: (bindings) =>
    stubs.callSubscriberHub(bindings, wildcardHubName(''), (hub) => hub.state()),
  callReplica: (bindings) =>
    stubs.callReplica(bindings, shardName('/abc', 'oc', 1), (replica) => replica.state()),
  callRegionHead: (bindings) =>
    stubs.callRegionHead(bindings, regionHeadName('/abc', 'sam'), (head) => head.state()),
  callParent: (bindings) => stubs.callParent(bindings, hubName('', 'abc'), async (hub) => hub.name),
  callShardedHub: (bindings) =>
    stubs.callShardedHub(bindings, wildcardHubName(''), async (hub) => hub.name),
  callReadable: (bindings) =>
    stubs.callReadable(bindings, hubName('', 'abc'), async (hub) => hub.name),
  callSubscriberHubOnce: (bindings) =>
    stubs.callSubscriberHubOnce(bindings, hubName('', 'abc'), (hub) => hub.state()),
  callAuthority: (bindings) => stubs.callAuthority(bindings, '', (each) => each.exists()),
  callAuthorityOnce: (bindings) => stubs.callAuthorityOnce(bindings, '', (each) => each.exists()),
  callAuthorityFromHub: (bindings) =>
    stubs.callAuthorityFromHub(bindings, '', (each) => each.exists()),
  callDispatcher: (bindings) => stubs.callDispatcher(bindings, '', async (each) => each.name),
  callDestination: (bindings) =>
    stubs.callDestination(bindings, '', 'abc', async (each) => each.name),
  callMetrics: (bindings) => stubs.callMetrics(bindings, (each) => each.read('')),
  callRestoration: (bindings) =>
    stubs.callRestoration(bindings, hubRestoration('/abc'), (each) => each.record()),
  hubObjectId: (bindings) => stubs.hubObjectId(bindings, hubName('', 'abc')),
  authorityObjectId: (bindings) => stubs.authorityObjectId(bindings, ''),
  restorationObjectId: (bindings) => stubs.restorationObjectId(bindings, hubRestoration('/abc')),
};

const cases = Object.entries(CALLS);
/** Where the object is created if `LOCATION` is `weur`. */
const HINTS: Partial<Record<keyof typeof stubs, string>> = {
  callReplica: 'oc',
  callRegionHead: 'sam',
};

type Options = DurableObjectNamespaceGetDurableObjectOptions | undefined;

/** The bindings with these variables, and the options of every stub that is made from them. */
function observed(variables: object): { bindings: Env; options: Options[] } {
  const options: Options[] = [];
  const observe = ([name, binding]: [string, unknown]) => {
    const classes = {
      AUTHORITY: 1,
      DESTINATION: 1,
      DISPATCHER: 1,
      HUB: 1,
      WILDCARD_HUB: 1,
      METRICS: 1,
      REGION_HEAD: 1,
      RESTORATION: 1,
      SHARD: 1,
    };
    if (!(name in classes)) return [name, binding];
    const namespace = binding as DurableObjectNamespace;
    const getByName = (object: string, given: Options) => {
      options.push(given);
      return namespace.getByName(object, given);
    };
    return [name, { getByName }];
  };
  const bindings = Object.fromEntries(Object.entries(env).map(observe));
  return { bindings: { ...bindings, ...variables }, options };
}

/** A function that throws rejects here, too. */
const called = async (call: (bindings: Env) => unknown, bindings: Env) => call(bindings);

describe.each(cases)('%s', (name, call) => {
  // workerd knows the method and no jurisdiction: that it refuses is how a test sees that it was asked.
  it('asks for the jurisdiction', async () => {
    await expect(called(call, { ...env, JURISDICTION: 'eu' })).rejects.toThrow(/jurisdiction/i);
  });

  it('gives the hint', async () => {
    const { bindings, options } = observed({ LOCATION: 'weur' });
    expect(await called(call, bindings)).toBeDefined();
    expect(options).toEqual([{ locationHint: HINTS[name as keyof typeof stubs] ?? 'weur' }]);
  });

  it('throws if a value cannot be, and creates no object elsewhere', async () => {
    const { bindings, options } = observed({ LOCATION: 'berlin' });
    await expect(called(call, bindings)).rejects.toThrow('the variable LOCATION is "berlin"');
    expect(options).toEqual([]);
  });
});

it('a replica of which nobody knows the region is created near whoever calls it first', async () => {
  const { bindings, options } = observed({ LOCATION: 'weur' });
  await stubs.callReplica(bindings, regionHeadName('/abc', 'any'), (head) => head.state());
  expect(options).toEqual([undefined]);
});
