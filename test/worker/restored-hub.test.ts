/** A hub that was restored to an earlier state: nothing is skipped in silence, and nothing new is taken for old. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { hubRestoration } from '../../src/objects/names.ts';
import { Restoration } from '../../src/restoration/restoration.ts';
import { it } from './fixtures.ts';
import { goBack, idleForLong, restore, stateOf } from './restore-support.ts';
import { gapOf, hears, publishedIds, resume } from './resume-support.ts';
import { closedPromptly, hubOf, on, root } from './security-support.ts';
import {
  fetchApi,
  handshake,
  hubStub,
  journalOf,
  publish,
  Subscriber,
  subscribe,
  wildcardHubStub,
} from './support.ts';

const HUB = hubRestoration('/deploy');
const WILDCARD_HUB = hubRestoration('/');

describe('a hub that was restored', () => {
  it('closes its subscribers, and tells each cursor from before that events may be missing', async () => {
    const { hello, subscriber } = await resume('deploy/*');
    await publishedIds('a', 'b');
    const [, early] = await hears(subscriber, 2);
    const state = await stateOf(hubStub('deploy'));
    await publishedIds('c', 'd');
    const [, lost] = await hears(subscriber, 2);
    await restore(hubStub('deploy'), HUB, state);
    await publishedIds('e', 'f');
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1013 });
    for (const cursor of [hello.cursor, early, lost]) {
      expect(await gapOf('deploy/*', cursor)).toBe('storage_lost');
    }
    const resumed = await resume('deploy/*', lost);
    const [ids, cursor] = await hears(resumed.subscriber, 4);
    expect(ids).toEqual(['a', 'b', 'e', 'f']);
    expect(await gapOf('deploy/*', cursor)).toBeUndefined();
  });

  it('tells a subscriber with a time, or with the id of a lost event', async () => {
    await publishedIds('a');
    const state = await stateOf(hubStub('deploy'));
    await publishedIds('b');
    const { data } = (await fetchApi('sys/events/hubs/deploy').then((each) => each.json())) as {
      data: unknown;
    };
    expect(data).toMatchObject({ state: 'ok' });
    const time = new Date(Date.now() - 1).toISOString();
    await restore(hubStub('deploy'), HUB, state);
    await publishedIds('c');
    for (const since of [time, 'b']) {
      const response = await handshake('deploy/*', `json=true&since=${encodeURIComponent(since)}`);
      expect(response.headers.get('Last-Event-ID')).toBe('earliest');
      response.webSocket?.accept();
      response.webSocket?.close(1000);
    }
    const response = await handshake('deploy/*', 'json=true&since=a');
    expect(response.headers.get('Last-Event-ID')).toBeNull();
    if (response.webSocket === null) throw new Error('no socket');
    expect(await new Subscriber(response.webSocket).nextId()).toBe('c');
  });

  it('feeds its new events to subscribers that span hubs, and none twice', async () => {
    const live = await subscribe('dep*');
    await publishedIds('a', 'b');
    const state = await stateOf(hubStub('deploy'));
    const { subscriber } = await resume('*');
    await publishedIds('c', 'd', 'e');
    const [, cursor] = await hears(subscriber, 3);
    await restore(hubStub('deploy'), HUB, state);
    await publishedIds('f', 'g');
    const ids = [];
    for (let i = 0; i < 7; i++) ids.push(await live.nextId());
    expect(ids).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect((await journalOf(wildcardHubStub())).map(({ id }) => id)).toEqual(ids);
    const resumed = await resume('*', cursor);
    expect((await hears(resumed.subscriber, 2))[0]).toEqual(['f', 'g']);
  });

  it('feeds what it had not fed yet, without a new event', async () => {
    const live = await subscribe('dep*');
    await publishedIds('a', 'b');
    const state = await stateOf(hubStub('deploy'));
    const before = await stateOf(wildcardHubStub());
    await publishedIds('c');
    await runInDurableObject(wildcardHubStub(), (_hub, { storage }) => {
      storage.sql.exec('DELETE FROM feed_positions');
    });
    await restore(wildcardHubStub(), WILDCARD_HUB, before);
    await restore(hubStub('deploy'), HUB, state);
    await fetchApi('sys/events/hubs/deploy');
    await fetchApi('sys/events/hubs/*');
    expect(await closedPromptly(live)).toMatchObject({ code: 1013 });
    await vi.waitFor(async () => {
      expect((await journalOf(wildcardHubStub())).map(({ id }) => id)).toEqual(['a', 'b']);
    });
  });

  it('still knows duplicates of the events that it has', async () => {
    await publishedIds('a');
    const state = await stateOf(hubStub('deploy'));
    await publishedIds('b');
    await restore(hubStub('deploy'), HUB, state);
    const answer = async (id: string) =>
      ((await (await publish('deploy/finished', { id })).json()) as { data: object }).data;
    expect(await answer('a')).toMatchObject({ duplicates: 1 });
    expect(await answer('b')).toMatchObject({ accepted: 1 });
  });

  it('follows a token that was revoked since', async ({ holder }) => {
    const subscriber = await holder.subscribe('deploy/*');
    await root.published('deploy/x', on('secret/a', { id: 'a' }));
    expect(await subscriber.nextId()).toBe('a');
    const state = await stateOf(hubStub('deploy'));
    await root.writes('auth/token/revoke-accessor', { accessor: holder.auth.accessor });
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1000 });
    await restore(hubStub('deploy'), HUB, state);
    expect((await holder.handshake('deploy/*')).status).toBe(403);
  });

  it('takes one new epoch for one restore', async () => {
    await publishedIds('a');
    const epoch = () =>
      runInDurableObject(
        hubStub('deploy'),
        (_hub, { storage }) => storage.kv.get<{ epoch: string }>('journal_header')?.epoch,
      );
    const first = await epoch();
    const state = await stateOf(hubStub('deploy'));
    await restore(hubStub('deploy'), HUB, state);
    const second = await epoch();
    expect(second).not.toBe(first);
    await goBack(hubStub('deploy'), await stateOf(hubStub('deploy')));
    expect(await epoch()).toBe(second);
  });
});

describe('a wildcard hub that was restored', () => {
  it('gets again from the hubs what it lost, and everything new', async () => {
    const { hello, subscriber } = await resume('*');
    await publishedIds('a');
    await hears(subscriber, 1);
    const state = await stateOf(wildcardHubStub());
    await publishedIds('b', 'c');
    const [, lost] = await hears(subscriber, 2);
    await restore(wildcardHubStub(), WILDCARD_HUB, state);
    await publishedIds('d');
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1013 });
    expect(await gapOf('*', hello.cursor)).toBe('storage_lost');
    const resumed = await resume('*', lost);
    expect(resumed.hello.gap?.reason).toBe('storage_lost');
    await publishedIds('e');
    expect((await hears(resumed.subscriber, 5))[0]).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('hears a hub that it had asked since to feed no more', async () => {
    const first = await subscribe('*');
    await publishedIds('a');
    const state = await stateOf(wildcardHubStub());
    first.socket.close(1000);
    await runInDurableObject(wildcardHubStub(), (_hub, { storage }) => {
      storage.sql.exec('UPDATE retained_subscriptions SET expires_at = 0');
    });
    await evictDurableObject(wildcardHubStub());
    await publishedIds('b');
    await restore(wildcardHubStub(), WILDCARD_HUB, state);
    const second = await subscribe('*');
    await publishedIds('c');
    const heard = [await second.nextId()];
    while (heard.at(-1) !== 'c') heard.push(await second.nextId());
    expect(['a', 'b', 'c']).toEqual(expect.arrayContaining(heard));
  });
});

describe('while nobody knows whether a hub was restored', () => {
  it('it serves nobody, and says that a request can be repeated', async () => {
    await publishedIds('a');
    const state = await stateOf(hubStub('deploy'));
    await env.RESTORATION.getByName(HUB).begin('1');
    const record = vi.spyOn(Restoration.prototype, 'record').mockImplementation(() => {
      throw new Error('out of reach');
    });
    await goBack(hubStub('deploy'), state);
    const refused = await publish('deploy/finished', { id: 'b' });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).not.toBeNull();
    expect((await handshake('deploy/*')).status).toBe(503);
    record.mockRestore();
    await publishedIds('b');
    expect((await journalOf(hubOf('deploy'))).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('it serves nobody while a newer release has written the answer', async () => {
    await publishedIds('a');
    await runInDurableObject(env.RESTORATION.getByName(HUB), (_object, { storage }) =>
      storage.kv.put('record', { format: 2, generation: 1 }),
    );
    await idleForLong(hubStub('deploy'));
    const refused = await publish('deploy/finished', { id: 'b' });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toBeNull();
    const { data } = await root.reads('sys/events/hubs/deploy');
    expect(data).toMatchObject({
      state: 'unsupported',
      problem: expect.stringContaining(
        'the storage of the restoration record of the hub of deploy has schema version 2',
      ),
    });
    await runInDurableObject(env.RESTORATION.getByName(HUB), (_object, { storage }) =>
      storage.kv.delete('record'),
    );
    await evictDurableObject(hubStub('deploy'));
    await publishedIds('b');
  });

  it('a hub that asked a short time ago does not ask again', async () => {
    await publishedIds('a');
    const record = vi.spyOn(Restoration.prototype, 'record');
    await evictDurableObject(hubStub('deploy'));
    await publishedIds('b');
    expect(record).not.toHaveBeenCalled();
  });
});
