import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { REPLICA_GUARD_MS } from '../../src/hub/limits.ts';
import { EVICTION_MS, startObservedServer } from '../support/observed-server.ts';
import { scratchFolder } from '../support/scratch.ts';
import { type Subscriber, subscribe } from '../support/subscriber.ts';

const scratch = scratchFolder();
const REGION_HEADER = 'X-Carillon-Region';
/** So that a few subscribers have all: one on the hub, one that made the head, and shards that were full. */
const variables = { SHARD_AT_SOCKETS: '1', REGION_AT_SOCKETS: '1', SHARD_SOCKETS: '4' };
const TOKENS = 4;
const POLICY = `
  path "sys/events/subscribe/*" { capabilities = ["read"] }
  path "seen/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`;

it('region heads and shards leave memory with their hub, and come back for an event that each subscriber gets once', async () => {
  const server = await startObservedServer(join(scratch, 'data'), {
    variables,
    regionHeader: REGION_HEADER,
  });
  onTestFinished(() => server.stop());
  const post = async (path: string, body: object) => {
    const response = await fetch(`${server.address}/v1/${path}`, {
      method: 'POST',
      headers: { 'X-Vault-Token': server.token, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.ok).toBe(true);
    return response.text();
  };
  const publish = (id: string) =>
    post('sys/events/publish/abc', { id, metadata: { path: 'seen/a' } });
  await post('sys/policies/acl/listener', { policy: POLICY });
  await publish('before');

  const subscribers: Subscriber[] = [];
  for (let i = 0; i < TOKENS; i++) {
    const created = await post('auth/token/create', { policies: ['listener'] });
    const { auth } = JSON.parse(created) as { auth: { client_token: string } };
    const target = { ...server, token: auth.client_token };
    const headers = { [REGION_HEADER]: i === 0 ? 'weur' : 'oc' };
    for (const [pattern, query] of [
      ['abc', 'json=true'],
      ['abc', 'json=true&since=before'],
      ['a*', 'json=true'],
    ] as const) {
      subscribers.push(await subscribe(target, pattern, { query, headers }));
    }
    const protocols = ['carillon.v1.json'];
    subscribers.push(await subscribe(target, 'abc', { protocols, headers }));
  }
  const hear = async (id: string) => {
    await publish(id);
    return Promise.all(subscribers.map((each) => each.framesUntil(`"${id}"`)));
  };
  await hear('awake');
  const before = await server.made();
  expect(before).toMatchObject({ hub: 1, wildcardHub: 1 });
  expect(before.regionHead).toBeGreaterThanOrEqual(2);
  expect(before.shard).toBeGreaterThanOrEqual(2);

  // The hub works once more when it looks whether all have confirmed. Nothing else tells an object that is asleep from one that
  // is idle: the test has to wait as long.
  await new Promise((resolve) => setTimeout(resolve, REPLICA_GUARD_MS + EVICTION_MS + 3000));
  expect(await server.made()).toEqual(before);
  const heard = [...(await hear('woken')), ...(await hear('after'))];
  expect(heard.map((frames) => frames.length)).toEqual(heard.map(() => 1));
  expect(await server.made()).toEqual({
    hub: 2,
    wildcardHub: 2,
    regionHead: 2 * before.regionHead,
    shard: 2 * before.shard,
  });
}, 120_000);
