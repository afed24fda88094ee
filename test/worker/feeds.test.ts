/** What passes from a hub to a wildcard hub when calls fail, answers are lost, or storage is. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect } from 'vitest';
import { hubName } from '../../src/objects/names.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import {
  handshake,
  hubStub,
  journalOf,
  published,
  Subscriber,
  subscribe,
  wildcardHubStub,
} from './support.ts';

const realReceive = WildcardHub.prototype.receive;
afterEach(() => {
  WildcardHub.prototype.receive = realReceive;
});

type Receive = typeof realReceive;

/** Plays what happens to calls of the wildcard hub, the first of them first; after these, nothing does. */
function play(...faults: ('no call' | 'no answer')[]): void {
  WildcardHub.prototype.receive = async function (
    this: WildcardHub,
    ...[page]: Parameters<Receive>
  ) {
    const fault = faults.shift();
    if (fault === 'no call') throw new Error('the call was lost');
    const receipt = await realReceive.call(this, page);
    if (fault === 'no answer') throw new Error('the answer was lost');
    return receipt;
  };
}

async function ids(subscriber: Subscriber, count: number): Promise<string[]> {
  const heard: string[] = [];
  while (heard.length < count) heard.push(await subscriber.nextId());
  return heard;
}

async function publishedIds(...each: string[]): Promise<void> {
  for (const id of each) await published('deploy/finished', { id });
}

it.each([
  { faults: ['no call'] },
  { faults: ['no answer'] },
  { faults: ['no answer', 'no call', 'no answer', 'no answer'] },
] as const)('what was lost is caught up, in order and once: $faults', async ({ faults }) => {
  const subscriber = await subscribe('dep*');
  await publishedIds('a');
  play(...faults);
  await publishedIds('b', 'c');
  await evictDurableObject(hubStub('deploy'));
  await publishedIds('d', 'e');
  expect(await ids(subscriber, 5)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect((await journalOf(wildcardHubStub())).length).toBe(5);
});

it('a hub that was evicted does not know how far its feed is, and is told', async () => {
  const subscriber = await subscribe('dep*');
  await publishedIds('a');
  play('no call');
  await publishedIds('b');
  await evictDurableObject(hubStub('deploy'));
  // A repeated event brings nothing new, and yet what is lacking.
  await publishedIds('b');
  expect(await ids(subscriber, 2)).toEqual(['a', 'b']);
});

it('hubs are fed in the order in which they were heard, the same for all', async () => {
  const subscribers = [await subscribe('*'), await subscribe('*')];
  const types = ['one/a', 'two/a', 'three/a'];
  const published20 = Array.from({ length: 20 }, (_, i) =>
    published(types[i % types.length] ?? '', { id: `n${i}` }),
  );
  await Promise.all(published20);
  const [first, second] = [
    await ids(subscribers[0] as Subscriber, 20),
    await ids(subscribers[1] as Subscriber, 20),
  ];
  expect(first).toEqual(second);
  const again = await subscribe('*', 'json=true&since=earliest');
  expect(await ids(again, 20)).toEqual(first);
});

it('the past of several hubs is delivered in the order in which it was accepted', async () => {
  await published('one/a', { id: 'a' });
  await scheduler.wait(5);
  await published('two/a', { id: 'b' });
  await scheduler.wait(5);
  await published('one/a', { id: 'c' });
  const subscriber = await subscribe('*', 'json=true&since=earliest');
  expect(await ids(subscriber, 3)).toEqual(['a', 'b', 'c']);
});

it('who subscribes while hubs are born and publish hears each event once', async () => {
  const all = Array.from({ length: 30 }, (_, i) => `n${i}`);
  const early = await subscribe('born*');
  const late: Promise<Subscriber>[] = [];
  await Promise.all(
    all.map(async (id, i) => {
      if (i % 5 === 0) late.push(subscribe('born*', 'json=true&since=earliest'));
      await published(`born${i % 6}/x`, { id });
    }),
  );
  for (const subscriber of [early, ...(await Promise.all(late))]) {
    expect((await ids(subscriber, 30)).sort()).toEqual([...all].sort());
  }
});

async function reader(pattern: string, query = ''): Promise<Subscriber> {
  const { webSocket } = await handshake(pattern, query, {
    'Sec-WebSocket-Protocol': SUBPROTOCOLS.json,
  });
  if (webSocket === null) throw new Error('refused');
  return new Subscriber(webSocket);
}

async function nextMessage(subscriber: Subscriber): Promise<{ type: string; reason?: string }> {
  return JSON.parse((await subscriber.next()) as string);
}

it('a hub that lost its storage shows as a gap, and is heard again', async () => {
  const [knowing, stock] = [await reader('dep*'), await subscribe('dep*')];
  await publishedIds('a', 'b');
  expect(await nextMessage(knowing)).toMatchObject({ type: 'hello' });
  for (let i = 0; i < 2; i++) expect(await nextMessage(knowing)).toMatchObject({ type: 'events' });
  await runInDurableObject(hubStub('deploy'), async (_hub, { storage }) => {
    storage.sql.exec('DELETE FROM segments');
    storage.kv.delete('journal_header');
  });
  await evictDurableObject(hubStub('deploy'));
  await publishedIds('c');
  expect(await nextMessage(knowing)).toMatchObject({ type: 'gap', reason: 'feed_lost' });
  expect(await nextMessage(knowing)).toMatchObject({ type: 'events' });
  expect(await ids(stock, 3)).toEqual(['a', 'b', 'c']);
  const response = await handshake('dep*', 'json=true&since=a');
  expect(response.headers.get('Carillon-Warning')).toContain(
    'some of the events in between are lost',
  );
});

it('a gap of one hub is told to those alone who hear that hub', async () => {
  const [concerned, other] = [await reader('dep*'), await reader('kv*')];
  await nextMessage(concerned);
  await nextMessage(other);
  await publishedIds('a');
  await nextMessage(concerned);
  await runInDurableObject(hubStub('deploy'), async (_hub, { storage }) => {
    storage.kv.delete('journal_header');
  });
  await evictDurableObject(hubStub('deploy'));
  await publishedIds('b');
  await published('kvx/write', { id: 'c' });
  expect(await nextMessage(concerned)).toMatchObject({ type: 'gap' });
  expect(await nextMessage(other)).toMatchObject({ type: 'events' });
});

it('what a hub let go of before it was fed is a gap', async () => {
  const knowing = await reader('dep*');
  await nextMessage(knowing);
  await publishedIds('a');
  await nextMessage(knowing);
  play('no call', 'no call', 'no call', 'no call', 'no call', 'no call');
  await publishedIds('b', 'c');
  await evictDurableObject(hubStub('deploy'));
  await runInDurableObject(hubStub('deploy'), async (_hub, { storage }) => {
    const beginning = storage.kv.get<object>('journal_header');
    storage.sql.exec('DELETE FROM segments');
    storage.kv.put('journal_header', {
      ...beginning,
      trimmedThrough: 3,
      trimmedUntil: 1,
      trimmedBytes: 1,
    });
  });
  WildcardHub.prototype.receive = realReceive;
  await evictDurableObject(hubStub('deploy'));
  await publishedIds('d');
  expect(await nextMessage(knowing)).toMatchObject({ type: 'gap', reason: 'feed_lost' });
  expect(await nextMessage(knowing)).toMatchObject({ type: 'events' });
});

it('a wildcard hub that lost its storage is told anew which hubs there are', async () => {
  const before = await subscribe('dep*');
  await publishedIds('a');
  expect(await before.nextId()).toBe('a');
  await runInDurableObject(wildcardHubStub(), async (_hub, { storage }) => {
    for (const table of [
      'hubs',
      'feed_positions',
      'segments',
      'retained_subscriptions',
      'subscription_classes',
      'returns',
    ]) {
      storage.sql.exec(`DELETE FROM ${table}`);
    }
    storage.kv.delete('journal_header');
  });
  await evictDurableObject(wildcardHubStub(), { webSockets: 'close' });
  await publishedIds('b');
  expect(await env.WILDCARD_HUB.getByName('/').hubs()).toEqual([hubName('', 'deploy')]);
  const after = await subscribe('dep*');
  await publishedIds('c');
  expect(await after.nextId()).toBe('c');
});
