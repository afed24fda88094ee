/** A hub that moves to another place: nothing is lost, nothing comes twice, and never do two objects have the hub. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { Hub } from '../../src/hub/hub.ts';
import { it } from './fixtures.ts';
import { hears, publishedIds, resume } from './resume-support.ts';
import { closedPromptly, root } from './security-support.ts';
import {
  fetchApi,
  handshake,
  journalOf,
  publish,
  published,
  subscribe,
  wildcardHubStub,
} from './support.ts';

const place = (number: number) => env.HUB.getByName(number === 1 ? '/deploy' : `/deploy#${number}`);

/** What the operator deploys. */
function deploy(MOVED_HUBS: string): void {
  Object.assign(env, { MOVED_HUBS });
}

async function ask(method: string, body?: object, hub = 'deploy') {
  const response = await fetchApi(`sys/events/hubs/${hub}/move`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const { data, errors } = (text === '' ? {} : JSON.parse(text)) as {
    data?: Record<string, unknown>;
    errors?: string[];
  };
  return { status: response.status, data, error: errors?.[0] };
}

async function moves(number: number): Promise<string> {
  const { data, error } = await ask('POST', { place: number });
  expect(error).toBeUndefined();
  expect(data).toMatchObject({ done: true, place: number });
  return String(data?.moved_hubs);
}

async function stateOfHub() {
  const response = await fetchApi('sys/events/hubs/deploy');
  return ((await response.json()) as { data: Record<string, unknown> }).data;
}

describe('a hub that moves', () => {
  it('goes on with its events and its cursors at the new place, for every kind of subscriber', async () => {
    const wide = await subscribe('dep*');
    const first = await resume('deploy/*');
    const stock = await subscribe('deploy/*');
    await publishedIds('a', 'b');
    const [, cursor] = await hears(first.subscriber, 2);
    expect(await stock.nextId()).toBe('a');
    deploy(await moves(2));
    expect(env.MOVED_HUBS).toBe('deploy=2');
    expect(await closedPromptly(first.subscriber)).toMatchObject({ code: 1013 });
    await publishedIds('c', 'd');
    expect((await (await publish('deploy/finished', { id: 'b' })).json()) as object).toMatchObject({
      data: { duplicates: 1 },
    });
    const again = await resume('deploy/*', cursor);
    expect(again.hello.gap).toBeUndefined();
    expect((await hears(again.subscriber, 2))[0]).toEqual(['c', 'd']);
    const returned = await subscribe('deploy/*');
    for (const id of ['a', 'b', 'c', 'd']) expect(await returned.nextId()).toBe(id);
    const stockAgain = await subscribe('deploy/*', 'json=true&since=b');
    expect([await stockAgain.nextId(), await stockAgain.nextId()]).toEqual(['c', 'd']);
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push(await wide.nextId());
    expect(ids).toEqual(['a', 'b', 'c', 'd']);
    expect((await journalOf(wildcardHubStub())).map(({ id }) => id)).toEqual(ids);
    expect((await journalOf(place(2))).map(({ id }) => id)).toEqual(ids);
  });

  it('takes a journal of several pages, and goes on after a page was lost', async () => {
    const text = 'x'.repeat(30_000);
    const ids = Array.from({ length: 120 }, (_, index) => `event-${index}`);
    for (const id of ids) await published('deploy/finished', { id, metadata: { text } });
    const page = Hub.prototype.movePage;
    const pages = vi.spyOn(Hub.prototype, 'movePage').mockImplementation(function (
      this: Hub,
      after: number,
    ) {
      if (after > 0 && pages.mock.calls.length === 2) throw new Error('the page was lost');
      return page.call(this, after);
    });
    expect((await ask('POST', { place: 2 })).status).toBe(503);
    expect(await stateOfHub()).toMatchObject({ state: 'moving' });
    deploy('deploy=2');
    expect((await publish('deploy/finished', { id: 'g' })).status).toBe(503);
    deploy('');
    const before = pages.mock.calls.length;
    deploy(await moves(2));
    expect(pages.mock.calls[before]?.[0]).toBeGreaterThan(0);
    await publishedIds('g');
    expect((await journalOf(place(2))).map(({ id }) => id)).toEqual([...ids, 'g']);
  });

  it('serves nothing at its old place, also after that slept', async () => {
    await publishedIds('a');
    await moves(2);
    await evictDurableObject(place(1));
    const refused = await publish('deploy/finished', { id: 'b' });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).not.toBeNull();
    const subscribing = await handshake('deploy/*');
    expect(subscribing.status).toBe(503);
    expect(await subscribing.text()).toContain('the hub of deploy moves to place 2');
    expect(await stateOfHub()).toMatchObject({ state: 'moving' });
  });

  it('closes a subscriber whose token is revoked after the move', async ({ holder }) => {
    await publishedIds('a');
    const old = await holder.subscribe('deploy/*');
    deploy(await moves(2));
    await closedPromptly(old);
    const subscriber = await holder.subscribe('deploy/*');
    await root.writes('auth/token/revoke-accessor', { accessor: holder.auth.accessor });
    expect(await closedPromptly(subscriber)).toMatchObject({ code: 1000 });
  });

  it('leaves nothing behind once the move is finished but the fact that it left', async () => {
    await publishedIds('a');
    const early = await ask('POST', { finish: true });
    expect(early).toMatchObject({ status: 400, error: expect.stringContaining('has not moved') });
    deploy(await moves(2));
    expect((await ask('POST', { finish: true })).data).toMatchObject({ done: true });
    const left = await runInDurableObject(place(1), (_hub, { storage }) => [...storage.kv.list()]);
    expect(left).toEqual([['residence', { state: 'left', to: 2 }]]);
    await publishedIds('b');
    deploy('');
    expect((await publish('deploy/finished', { id: 'c' })).status).toBe(503);
    deploy(
      await (async () => {
        deploy('deploy=2');
        return moves(5);
      })(),
    );
    expect(env.MOVED_HUBS).toBe('deploy=5');
    expect((await journalOf(place(5))).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('keeps its place when it has no event and no subscriber', async () => {
    deploy(await moves(2));
    const subscriber = await subscribe('deploy/*');
    subscriber.socket.close(1000);
    await vi.waitFor(async () => expect((await stateOfHub()).state).toBe('empty'));
    await evictDurableObject(place(2));
    await publishedIds('a');
    expect((await journalOf(place(2))).map(({ id }) => id)).toEqual(['a']);
  });

  it('is deleted at both places with the events of the root namespace', async () => {
    await publishedIds('a');
    deploy(await moves(2));
    await fetchApi('sys/events/hubs', { method: 'DELETE' });
    for (const each of [1, 2]) expect(await journalOf(place(each))).toEqual([]);
    await publishedIds('b');
    expect((await journalOf(place(2))).map(({ id }) => id)).toEqual(['b']);
  });
});

describe('a move that is cancelled', () => {
  it('lets the old place go on, and deletes the copy', async () => {
    await publishedIds('a');
    await moves(2);
    expect((await ask('DELETE')).status).toBe(204);
    expect(await journalOf(place(2))).toEqual([]);
    await publishedIds('b');
    expect((await journalOf(place(1))).map(({ id }) => id)).toEqual(['a', 'b']);
    deploy(await moves(2));
    await publishedIds('c');
    expect((await journalOf(place(2))).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('is refused when the new place has accepted events', async () => {
    await publishedIds('a');
    deploy(await moves(2));
    await publishedIds('b');
    deploy('');
    const { status, error } = await ask('DELETE');
    expect(status).toBe(400);
    expect(error).toContain('has accepted events at place 2');
    deploy('deploy=2');
    await publishedIds('c');
    expect((await ask('DELETE')).error).toContain('does not move');
  });
});

describe('what is refused', () => {
  it('a place that nothing has moved to serves nothing', async () => {
    deploy('deploy=2');
    expect((await publish('deploy/finished', { id: 'a' })).status).toBe(503);
    expect((await stateOfHub()).problem).toContain('the hub of deploy has not moved to place 2');
  });

  it('another place while the hub moves, or one that it had', async () => {
    await publishedIds('a');
    await moves(3);
    expect((await ask('POST', { place: 2 })).error).toContain('moves to place 3 already');
    deploy('deploy=3');
    expect((await ask('POST', { place: 3 })).error).toContain('choose a higher one');
  });

  it.each([
    [{}, 'place must be a whole number from 2 to 9999'],
    [{ place: 1 }, 'place must be'],
    [{ place: '2' }, 'place must be'],
    [{ place: 2, location: 'mars' }, 'location must be one of "wnam"'],
    [{ place: 2, finish: true }, 'finish goes without place'],
    [{ finish: 'yes' }, 'finish must be true or false'],
  ])('%j', async (body, message) => {
    const { status, error } = await ask('POST', body);
    expect(status).toBe(400);
    expect(error).toContain(message);
  });

  it('the wildcard hub', async () => {
    expect((await ask('POST', { place: 2 }, '*')).error).toContain('does not move');
  });
});
