/** Subscribers of a shard receive what the hub publishes: it is fed to the head of their region, and from there to the shard. */
import { describe, expect, vi } from 'vitest';
import { hubName } from '../../../src/objects/names.ts';
import type { ServerMessage } from '../../../src/wire/carillon-v1/messages.ts';
import { Hub } from '../../../src/worker.ts';
import { it } from '../fixtures.ts';
import { hears, publishedIds } from '../resume-support.ts';
import { published, type Subscriber } from '../support.ts';
import { forgetful, head, hearsNext, hub, shard, subscribeAt, wildcard } from './support.ts';

async function greeted(subscriber: Subscriber): Promise<ServerMessage & { type: 'hello' }> {
  return JSON.parse((await subscriber.next()) as string);
}

describe('a subscriber of a shard', () => {
  it('is accepted though another one wants events of a hub that does not answer', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    await published('abc/x');
    await published('xyz/x');
    const { requestFeed } = Hub.prototype;
    const broken = vi.spyOn(Hub.prototype, 'requestFeed').mockImplementation(function (
      this: Hub,
      ...request
    ) {
      const { id } = Reflect.get(this, 'ctx') as DurableObjectState;
      if (id.name === hubName('', 'xyz')) throw new Error('this hub does not answer');
      return requestFeed.apply(this, request);
    });
    const [refused, subscriber] = await Promise.allSettled([
      subscribeAt(wildcard.shard(), { pattern: 'x*' }),
      subscribeAt(wildcard.shard(), { pattern: 'a*' }),
    ]);
    broken.mockRestore();
    expect(refused.status).toBe('rejected');
    if (subscriber.status === 'rejected') throw subscriber.reason;
    await published('abc/x', { id: 'heard' });
    expect(await hearsNext(subscriber.value, 1)).toEqual(['heard']);
  });

  it('receives what is published after its 101', async () => {
    const stock = await subscribeAt(shard());
    const acking = await subscribeAt(shard(), { protocol: 'carillon.v1' });
    await greeted(acking);
    await publishedIds('a', 'b', 'c');
    expect(await hearsNext(stock, 3)).toEqual(['a', 'b', 'c']);
    expect((await hears(acking, 3))[0]).toEqual(['a', 'b', 'c']);
    expect(stock.waiting).toBe(0);
  });

  it('receives it at the head, at several shards and at the hub, in one order', async () => {
    const subscribers = [
      await subscribeAt(hub()),
      await subscribeAt(head()),
      await subscribeAt(shard(1)),
      await subscribeAt(shard(2)),
    ];
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => published('deploy/finished', { id })));
    const [first, ...others] = await Promise.all(subscribers.map((each) => hearsNext(each, 4)));
    expect([...(first ?? [])].sort()).toEqual(['a', 'b', 'c', 'd']);
    for (const each of others) expect(each).toEqual(first);
  });

  it('receives only what it wants', async () => {
    const subscriber = await subscribeAt(shard(), { pattern: 'deploy/started' });
    await published('deploy/finished', { id: 'not wanted' });
    await published('deploy/started', { id: 'wanted' });
    expect(await hearsNext(subscriber, 1)).toEqual(['wanted']);
    expect(subscriber.waiting).toBe(0);
  });

  it('receives what another pattern of its shard was not fed before', async () => {
    const first = await subscribeAt(shard(), { pattern: 'deploy/started' });
    await publishedIds('before');
    const second = await subscribeAt(shard(), { pattern: 'deploy/finished' });
    await publishedIds('after');
    await published('deploy/started', { id: 'started' });
    expect(await hearsNext(second, 1)).toEqual(['after']);
    expect(await hearsNext(first, 1)).toEqual(['started']);
  });

  it('misses nothing that is published right after its 101, at a shard that others use', async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `e${i}`);
    let next = 0;
    const publishing = (async () => {
      for (; next < ids.length; next++) await publishedIds(ids[next] ?? '');
    })();
    const subscribers: [Subscriber, string][] = [];
    while (next < ids.length) {
      const number = (subscribers.length % 3) + 1;
      const subscriber = await subscribeAt(shard(number));
      // The event that is being published may be stored already.
      subscribers.push([subscriber, ids[next + 1] ?? 'after']);
    }
    await publishing;
    await publishedIds('after');
    for (const [subscriber, first] of subscribers) {
      const heard: string[] = [];
      while (heard.at(-1) !== 'after') heard.push(await subscriber.nextId());
      const all = [...ids, 'after'];
      expect(heard.slice(heard.indexOf(first))).toEqual(all.slice(all.indexOf(first)));
      expect(heard).toEqual(all.slice(-heard.length));
    }
  });

  it('receives events of all hubs if it is of the wildcard hub', async () => {
    await published('build/done', { id: 'before' });
    const subscriber = await subscribeAt(wildcard.shard(), { pattern: '*' });
    await published('build/done', { id: 'known hub' });
    await published('deploy/finished', { id: 'new hub' });
    expect(await hearsNext(subscriber, 2)).toEqual(['known hub', 'new hub']);
    await forgetful(wildcard.shard(), wildcard.head(), wildcard.hub());
    await published('build/done', { id: 'later' });
    expect(await hearsNext(subscriber, 1)).toEqual(['later']);
  });
});

const OBJECTS = { hub, head, shard };
type Name = keyof typeof OBJECTS;
const COMBINATIONS = [
  'hub',
  'head',
  'shard',
  'head and hub',
  'shard and hub',
  'shard and head',
  'shard and head and hub',
];

describe('objects that forget what is not stored', () => {
  it.for(COMBINATIONS)('lose nothing and send nothing twice: %s', async (names) => {
    const stock = await subscribeAt(shard());
    const acking = await subscribeAt(shard(), { protocol: 'carillon.v1' });
    await greeted(acking);
    for (const round of ['a', 'b', 'c']) {
      const ids = [`${round}1`, `${round}2`];
      await publishedIds(...ids);
      expect(await hearsNext(stock, 2)).toEqual(ids);
      expect((await hears(acking, 2))[0]).toEqual(ids);
      await forgetful(...names.split(' and ').map((name) => OBJECTS[name as Name]()));
    }
    await publishedIds('d');
    expect(await hearsNext(stock, 1)).toEqual(['d']);
    expect((await hears(acking, 1))[0]).toEqual(['d']);
    expect(stock.waiting).toBe(0);
  });

  it('go on with a subscriber that lags, as far as its credit goes', async () => {
    const acking = await subscribeAt(shard(), { protocol: 'carillon.v1' });
    await greeted(acking);
    acking.socket.send(JSON.stringify({ type: 'credit', events: 1 }));
    await publishedIds('a', 'b', 'c');
    for (const id of ['a', 'b', 'c']) {
      const [ids, cursor] = await hears(acking, 1);
      expect(ids).toEqual([id]);
      if (id !== 'c') await forgetful(shard(), head());
      acking.socket.send(JSON.stringify({ type: 'ack', cursor }));
    }
  });

  it('know what an acknowledgement means that wakes a shard', async () => {
    const acking = await subscribeAt(shard(), { protocol: 'carillon.v1' });
    await greeted(acking);
    await publishedIds('a');
    const [, cursor] = await hears(acking, 1);
    await forgetful(shard(), head());
    acking.socket.send(JSON.stringify({ type: 'ack', cursor }));
    await publishedIds('b');
    expect((await hears(acking, 1))[0]).toEqual(['b']);
  });
});
