import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { FEED_FORMAT } from '../../src/objects/hub-contract.ts';
import { wildcardHubName } from '../../src/objects/names.ts';
import { it } from './fixtures.ts';
import {
  breakTable,
  forgetInterests,
  handshake,
  hubStub,
  journalOf,
  publish,
  published,
  repair,
  subscribe,
  wildcardHubStub,
} from './support.ts';

describe('a pattern that spans event-type namespaces', () => {
  it.each(['*', 'kv*', '*/write', 'kv*/write', 'kv-*-like/w*'])(
    '%s hears a hub that was there before and one that is born later',
    async (pattern) => {
      await published('kv-1-like/first');
      const subscriber = await subscribe(pattern);
      const fromOld = await published('kv-1-like/write');
      const fromNew = await published('kv-2-like/write');
      expect(await subscriber.nextId()).toBe(fromOld);
      expect(await subscriber.nextId()).toBe(fromNew);
    },
  );

  it('hears nothing of namespaces and types that it does not match', async () => {
    const subscriber = await subscribe('kv*/write');
    await published('database/write');
    await published('kv-2-like/delete');
    const id = await published('kv-2-like/write');
    expect(await subscriber.nextId()).toBe(id);
  });

  it('survives the eviction of the wildcard hub and of the hub that feeds it', async () => {
    const subscriber = await subscribe('dep*');
    const first = await published('deploy/finished');
    await evictDurableObject(wildcardHubStub());
    const second = await published('deploy/finished');
    await evictDurableObject(hubStub('deploy'));
    const third = await published('deploy/finished');
    await evictDurableObject(wildcardHubStub());
    await evictDurableObject(hubStub('deploy'));
    const fourth = await published('deploy/finished');
    for (const id of [first, second, third, fourth]) expect(await subscriber.nextId()).toBe(id);
  });

  it('is told of every hub when it comes at the same time as they are born', async () => {
    const namespaces = Array.from({ length: 20 }, (_, i) => `born${i}`);
    const [subscriber] = await Promise.all([
      subscribe('born*'),
      ...namespaces.map((namespace) => published(`${namespace}/first`)),
    ]);
    const wanted = await Promise.all(
      namespaces.map((namespace) => published(`${namespace}/second`)),
    );
    const heard = new Set<string>();
    while (wanted.some((id) => !heard.has(id))) {
      const id = await subscriber.nextId();
      expect(heard.has(id)).toBe(false);
      heard.add(id);
    }
  });

  it('gets no 101 while a registered hub cannot confirm that it feeds', async () => {
    await published('deploy/finished');
    await runInDurableObject(hubStub('deploy'), (_hub, { storage }) => {
      storage.sql.exec('ALTER TABLE subscription_classes RENAME COLUMN definition TO lost');
    });
    await evictDurableObject(hubStub('deploy'));
    const refused = await handshake('dep*');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toBe(null);
    expect(await refused.json()).toEqual({
      errors: [expect.stringContaining('the storage of the hub of deploy cannot be read')],
    });

    expect((await handshake('kv*')).status).toBe(101);
  });
});

describe('a hub', () => {
  it('feeds nobody when nobody wants its events', async () => {
    await published('deploy/finished');
    const spanning = await subscribe('other*');
    await published('deploy/finished');
    spanning.socket.close(1000);
    expect(await journalOf(wildcardHubStub())).toEqual([]);
  });

  it('goes on feeding after the last subscriber left, who may come back', async () => {
    const first = await subscribe('dep*');
    const heard = await published('deploy/finished');
    expect(await first.nextId()).toBe(heard);
    first.socket.close(1000);
    await first.closed;
    const missed = await published('deploy/finished');
    await evictDurableObject(wildcardHubStub());
    const alsoMissed = await published('deploy/finished');

    const second = await subscribe('dep*', `json=true&since=${heard}`);
    expect(await second.nextId()).toBe(missed);
    expect(await second.nextId()).toBe(alsoMissed);
  });

  it('stops feeding when nobody can come back any more, and starts again for the next', async () => {
    const first = await subscribe('dep*');
    const heard = await published('deploy/finished');
    first.socket.close(1000);
    await first.closed;
    const fed = await published('deploy/finished');
    await forgetInterests();
    // The answer to this one tells the hub.
    const last = await published('deploy/finished');
    const unheard = await published('deploy/finished');
    const ids = async () => (await journalOf(wildcardHubStub())).map(({ id }) => id);
    expect(await ids()).toEqual([heard, fed, last]);

    const second = await subscribe('dep*');
    const next = await published('deploy/finished');
    expect(await second.nextId()).toBe(next);
    expect(await ids()).toEqual([heard, fed, last, unheard, next]);
  });

  it('keeps feeding for a pattern that covers it although nothing of it matches', async () => {
    const subscriber = await subscribe('*/finished');
    for (let i = 0; i < 3; i++) await published('deploy/started');
    await evictDurableObject(wildcardHubStub());
    await published('deploy/started');
    const id = await published('deploy/finished');
    expect(await subscriber.nextId()).toBe(id);
  });

  it('acknowledges and delivers what the wildcard hub cannot take, and feeds it later', async () => {
    const [own, spanning] = [await subscribe('deploy/*'), await subscribe('dep*')];
    await published('deploy/warm-up');
    await own.nextId();
    await spanning.nextId();

    await breakTable(wildcardHubStub(), 'segments');
    await published('deploy/finished', { id: 'a' });
    await published('deploy/finished', { id: 'b' });
    expect(await own.nextId()).toBe('a');
    expect(await own.nextId()).toBe('b');
    await evictDurableObject(hubStub('deploy'));
    await repair(wildcardHubStub());
    expect(await spanning.nextId()).toBe('a');
    expect(await spanning.nextId()).toBe('b');
    await published('deploy/finished', { id: 'c' });
    expect(await spanning.nextId()).toBe('c');
  });

  it('acknowledges nothing, and nobody hears it, while it cannot write', async () => {
    const [own, spanning] = [await subscribe('deploy/*'), await subscribe('dep*')];
    await published('deploy/warm-up');
    await own.nextId();
    await spanning.nextId();

    await breakTable(hubStub('deploy'), 'segments');
    expect((await publish('deploy/finished', { id: 'a' })).status).toBe(503);
    await repair(hubStub('deploy'));
    await published('deploy/finished', { id: 'b' });
    const repeated = await publish('deploy/finished', { id: 'a' });
    expect(await repeated.json()).toMatchObject({ data: { accepted: 1, duplicates: 0 } });
    for (const subscriber of [own, spanning]) {
      expect([await subscriber.nextId(), await subscriber.nextId()]).toEqual(['b', 'a']);
    }
  });

  it('that takes an event for new is believed by the wildcard hub', async () => {
    const subscriber = await subscribe('dep*');
    await published('deploy/finished', { id: 'a' });
    expect(await subscriber.nextId()).toBe('a');
    await runInDurableObject(hubStub('deploy'), (_hub, { storage }) => {
      storage.sql.exec('UPDATE segments SET fingerprints = zeroblob(12)');
    });
    await evictDurableObject(hubStub('deploy'));
    await published('deploy/finished', { id: 'b' });
    await published('deploy/finished', { id: 'a' });
    expect(await subscriber.nextId()).toBe('b');
    expect(await subscriber.nextId()).toBe('a');
  });

  it('heeds the newest word of the wildcard hub, in whatever order they come', async () => {
    const hub = hubStub('deploy');
    await published('deploy/finished');
    const subscriber = await subscribe('dep*');
    const old = { wanted: false, version: 1, maxFormat: FEED_FORMAT };
    await hub.requestFeed(wildcardHubName(''), old, undefined, 1, 1);
    const id = await published('deploy/finished');
    expect(await subscriber.nextId()).toBe(id);
  });
});
