/** What passes from a hub to its regions, and on to their shards: how many calls, and what becomes of those that fail. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, vi } from 'vitest';
import { MAX_FEED_WAIT_MS } from '../../../src/hub/limits.ts';
import { Replica } from '../../../src/hub/shards/at-replica/replica.ts';
import { hubName, regionHeadName } from '../../../src/objects/names.ts';
import { callShardedHub } from '../../../src/objects/stubs.ts';
import { it } from '../fixtures.ts';
import { publish, published } from '../support.ts';
import { forgetful, head, hearsNext, hub, shard, subscribeAt } from './support.ts';

type Fault = 'no call' | 'no answer' | 'answered';

const realReceive = Replica.prototype.receive;
afterEach(() => {
  Replica.prototype.receive = realReceive;
});

/** Plays what happens to calls of replicas, the first of them first. @returns the names of those that are called */
function play(faults: Fault[] = []): string[] {
  const called: string[] = [];
  Replica.prototype.receive = async function (...[page]) {
    const { id } = Reflect.get(this, 'ctx') as DurableObjectState;
    called.push(id.name ?? '');
    const fault = faults.shift();
    if (fault === 'no call') throw new Error('the call was lost');
    const receipt = await realReceive.call(this, page);
    if (fault === 'no answer') throw new Error('the answer was lost');
    return receipt;
  };
  return called;
}

async function publishedIds(...each: string[]): Promise<void> {
  for (const id of each) await published('deploy/finished', { id });
}

describe('an event', () => {
  it('takes one call to the head of a region, and one to each shard', async () => {
    const subscribers = [
      await subscribeAt(head()),
      await subscribeAt(shard(1)),
      await subscribeAt(shard(2)),
    ];
    const called = play();
    await publishedIds('a');
    for (const each of subscribers) expect(await hearsNext(each, 1)).toEqual(['a']);
    await vi.waitFor(() => expect(called).toHaveLength(3));
    expect(called.sort()).toEqual(['/deploy#weur', '/deploy#weur-1', '/deploy#weur-2']);
  });

  it('that nobody of a region wants is not sent there, and one that a shard does not want not to it', async () => {
    const started = await subscribeAt(shard(1), { pattern: 'deploy/started' });
    const finished = await subscribeAt(shard(2), { pattern: 'deploy/finished' });
    const called = play();
    await published('deploy/failed');
    await publishedIds('a');
    expect(await hearsNext(finished, 1)).toEqual(['a']);
    expect(called).toEqual(['/deploy#weur', '/deploy#weur-2']);
    await published('deploy/started', { id: 'b' });
    expect(await hearsNext(started, 1)).toEqual(['b']);
    expect(called.slice(2)).toEqual(['/deploy#weur', '/deploy#weur-1']);
  });
});

describe('a call that is lost', () => {
  it.each([
    [['no call']],
    [['no answer']],
    [['answered', 'no call']],
    [['answered', 'no answer']],
    [['no answer', 'no call', 'answered', 'no answer']],
  ] satisfies Fault[][][])('is repeated, and each subscriber hears once: %j', async (faults) => {
    vi.spyOn(console, 'error').mockReturnValue();
    const subscribers = [await subscribeAt(head()), await subscribeAt(shard())];
    await publishedIds('a');
    for (const each of subscribers) expect(await hearsNext(each, 1)).toEqual(['a']);
    const left: Fault[] = [...faults];
    const called = play(left);
    await publishedIds('b', 'c');
    await vi.waitFor(() => expect(called.length).toBeGreaterThan(0));
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(hub());
        await runDurableObjectAlarm(head());
        expect(left).toEqual([]);
      },
      { timeout: 20_000, interval: 200 },
    );
    await publishedIds('d');
    for (const each of subscribers) expect(await hearsNext(each, 3)).toEqual(['b', 'c', 'd']);
  });

  it('does not delay those who publish', async () => {
    const subscriber = await subscribeAt(head());
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    Replica.prototype.receive = async function (...[page]) {
      await answered;
      return realReceive.call(this, page);
    };
    for (const id of ['a', 'b', 'c'])
      expect((await publish('deploy/finished', { id })).status).toBe(200);
    answer();
    expect(await hearsNext(subscriber, 3)).toEqual(['a', 'b', 'c']);
  });
});

it('a region that hangs delays neither the hub nor another region, shows its lag, and misses nothing', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const of = hubName('', 'deploy');
  for (const region of ['weur', 'oc'] as const) {
    await callShardedHub(env, of, (stub) => stub.setShards(region, 0, 1));
  }
  const hangs = await subscribeAt(head());
  const others = [
    await subscribeAt(hub()),
    await subscribeAt(env.REGION_HEAD.getByName(regionHeadName(of, 'oc'))),
  ];
  const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
  Replica.prototype.receive = async function (...[page]) {
    const { id } = Reflect.get(this, 'ctx') as DurableObjectState;
    if (id.name === regionHeadName(of, 'weur')) await goesOn;
    return realReceive.call(this, page);
  };
  for (const id of ['a', 'b', 'c']) await publishedIds(id);
  for (const each of others) expect(await hearsNext(each, 3)).toEqual(['a', 'b', 'c']);
  const began = Date.now();
  await runDurableObjectAlarm(hub());
  expect(Date.now() - began).toBeLessThan(MAX_FEED_WAIT_MS);
  const { regions } = await hub().state();
  expect(regions).toMatchObject({ weur: { lag: 3 }, oc: { lag: 0 } });
  expect(hangs.waiting).toBe(0);
  goOn();
  expect(await hearsNext(hangs, 3)).toEqual(['a', 'b', 'c']);
});

it('a shard that hangs delays the other one of its region once, and misses nothing', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const hangs = await subscribeAt(shard(1));
  const other = await subscribeAt(shard(2));
  const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
  Replica.prototype.receive = async function (...[page]) {
    const { id } = Reflect.get(this, 'ctx') as DurableObjectState;
    if (id.name === shard(1).name) await goesOn;
    return realReceive.call(this, page);
  };
  await publishedIds('a');
  expect(await hearsNext(other, 1)).toEqual(['a']);
  await publishedIds('b');
  expect(await hearsNext(other, 1)).toEqual(['b']);
  const began = Date.now();
  for (const id of ['c', 'd', 'e']) {
    await publishedIds(id);
    expect(await hearsNext(other, 1)).toEqual([id]);
  }
  expect(Date.now() - began).toBeLessThan(MAX_FEED_WAIT_MS);
  expect(hangs.waiting).toBe(0);
  goOn();
  const ids = await hearsNext(hangs, 1);
  while (ids.at(-1) !== 'e') {
    await runDurableObjectAlarm(head());
    while (hangs.waiting > 0) ids.push(await hangs.nextId());
  }
  expect(ids).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it.each([
  ['awake', () => []],
  ['asleep since its first subscriber', () => [shard(), head()]],
] as const)(
  'what a hub had acknowledged when it was lost reaches a region that is %s, though nobody publishes',
  async (_state, asleep) => {
    vi.spyOn(console, 'error').mockReturnValue();
    const subscriber = await subscribeAt(shard());
    await forgetful(...asleep());
    const called = play(['no call']);
    await publishedIds('a');
    await vi.waitFor(() => expect(called).toHaveLength(1));
    await evictDurableObject(hub());
    await runDurableObjectAlarm(hub());
    expect(await hearsNext(subscriber, 1)).toEqual(['a']);
  },
);
