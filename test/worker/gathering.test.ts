import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it } from 'vitest';
import { gatheringHubName } from '../../src/hub/name.ts';
import { MAX_PUBLISH_EVENTS, MAX_REMEMBERED_EVENTS } from '../../src/limits.ts';
import {
  breakTable,
  gatheringHubStub,
  handshake,
  hubStub,
  publish,
  published,
  repair,
  subscribe,
} from './support.ts';

afterEach(reset);

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

  it('survives the eviction of the gathering hub and of the hub that feeds it', async () => {
    const subscriber = await subscribe('dep*');
    const first = await published('deploy/finished');
    await evictDurableObject(gatheringHubStub());
    const second = await published('deploy/finished');
    await evictDurableObject(hubStub('deploy'));
    const third = await published('deploy/finished');
    await evictDurableObject(gatheringHubStub());
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
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await refused.json()).toEqual({ errors: [expect.stringContaining('try again')] });

    expect((await handshake('kv*')).status).toBe(101);
  });
});

describe('a hub', () => {
  it('makes no call to the gathering hub when nobody gathers from it', async () => {
    await published('deploy/finished');
    await breakTable(gatheringHubStub(), 'remembered_events');
    await published('deploy/finished');
    const gathering = await subscribe('other*');
    await published('deploy/finished');
    gathering.socket.close(1000);
  });

  it('stops feeding after the last subscriber left, and starts again for the next', async () => {
    const [first, second] = [await subscribe('dep*'), await subscribe('dep*')];
    first.socket.close(1000);
    await first.closed;
    const heard = await published('deploy/finished');
    expect(await second.nextId()).toBe(heard);
    second.socket.close(1000);
    await second.closed;

    await published('deploy/finished');
    await breakTable(gatheringHubStub(), 'remembered_events');
    await published('deploy/finished');
    await repair(gatheringHubStub());

    const third = await subscribe('dep*');
    const id = await published('deploy/finished');
    expect(await third.nextId()).toBe(id);
  });

  it('stops feeding when the sockets were lost without a close, as in a deploy', async () => {
    await subscribe('dep*');
    await published('deploy/finished');
    await evictDurableObject(gatheringHubStub(), { webSockets: 'close' });
    await published('deploy/finished');
    await breakTable(gatheringHubStub(), 'remembered_events');
    await published('deploy/finished');
  });

  it('keeps feeding for a pattern that covers it although nothing of it matches', async () => {
    const subscriber = await subscribe('*/finished');
    for (let i = 0; i < 3; i++) await published('deploy/started');
    await evictDurableObject(gatheringHubStub());
    await published('deploy/started');
    const id = await published('deploy/finished');
    expect(await subscriber.nextId()).toBe(id);
  });

  it('delivers nothing itself while the gathering hub cannot take the event', async () => {
    const [own, gathering] = [await subscribe('deploy/*'), await subscribe('dep*')];
    await published('deploy/warm-up');
    await own.nextId();
    await gathering.nextId();

    await breakTable(gatheringHubStub(), 'remembered_events');
    expect((await publish('deploy/finished', { id: 'a', source: 'test' })).status).toBe(503);
    await repair(gatheringHubStub());
    await published('deploy/finished', { id: 'b', source: 'test' });
    expect(await own.nextId()).toBe('b');
    expect(await gathering.nextId()).toBe('b');
  });

  it('delivers an event once everywhere when it failed between the gathering hub and itself', async () => {
    const [own, gathering] = [await subscribe('deploy/*'), await subscribe('dep*')];
    await published('deploy/warm-up');
    await own.nextId();
    await gathering.nextId();

    await breakTable(hubStub('deploy'), 'remembered_events');
    expect((await publish('deploy/finished', { id: 'a', source: 'test' })).status).toBe(503);
    expect(await gathering.nextId()).toBe('a');
    await repair(hubStub('deploy'));
    const repeated = await publish('deploy/finished', { id: 'a', source: 'test' });
    expect(await repeated.json()).toMatchObject({ data: { accepted: 1, duplicates: 0 } });
    await published('deploy/finished', { id: 'b', source: 'test' });
    expect(await own.nextId()).toBe('a');
    expect(await own.nextId()).toBe('b');
    expect(await gathering.nextId()).toBe('b');
  });

  it('completes an event also for those who came between its failure and its repetition', async () => {
    const before = await subscribe('dep*');
    await published('deploy/warm-up');
    await before.nextId();
    await breakTable(hubStub('deploy'), 'remembered_events');
    expect((await publish('deploy/finished', { id: 'a' })).status).toBe(503);
    expect(await before.nextId()).toBe('a');
    await repair(hubStub('deploy'));

    const since = [
      await subscribe('dep*'),
      await subscribe('*', 'json=true'),
      await subscribe('deploy/*'),
    ];
    await evictDurableObject(gatheringHubStub());
    await published('deploy/finished', { id: 'a' });
    await published('deploy/finished', { id: 'b' });
    for (const subscriber of since) {
      expect([await subscriber.nextId(), await subscriber.nextId()]).toEqual(['a', 'b']);
    }
    expect(await before.nextId()).toBe('b');
  });

  it('may fail at an event more than once, and it is still heard once by each', async () => {
    await published('deploy/warm-up');
    const subscribers = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      subscribers.push(await subscribe('dep*'));
      await breakTable(hubStub('deploy'), 'remembered_events');
      expect((await publish('deploy/finished', { id: 'a' })).status).toBe(503);
      await repair(hubStub('deploy'));
    }
    await published('deploy/finished', { id: 'a' });
    await published('deploy/finished', { id: 'b' });
    for (const subscriber of subscribers) {
      expect([await subscriber.nextId(), await subscriber.nextId()]).toEqual(['a', 'b']);
    }
  });

  it('has forgotten an event that the gathering hub remembers: those who came since hear it', async () => {
    const first = await subscribe('dep*');
    await published('deploy/finished', { id: 'a' });
    expect(await first.nextId()).toBe('a');
    first.socket.close(1000);
    await first.closed;
    await published('deploy/finished');
    const fill = Array.from({ length: MAX_PUBLISH_EVENTS }, () => ({ event_type: 'deploy/other' }));
    for (let filled = 0; filled < MAX_REMEMBERED_EVENTS; filled += fill.length)
      await published('', fill);

    const second = await subscribe('dep*');
    await published('deploy/finished', { id: 'a' });
    expect(await second.nextId()).toBe('a');
  });

  it('heeds the newest word of the gathering hub, in whatever order they come', async () => {
    const hub = hubStub('deploy');
    await published('deploy/finished');
    const subscriber = await subscribe('dep*');
    await hub.gather(gatheringHubName(''), { gathered: false, version: 1 });
    const id = await published('deploy/finished');
    expect(await subscriber.nextId()).toBe(id);
  });
});
