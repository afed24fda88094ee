/** The call by which a Worker publishes the requests that it has at the same time. */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { eventBatch } from '../../src/event/event-batch.ts';
import type { PublishRequest } from '../../src/objects/hub-contract.ts';
import { it } from './fixtures.ts';
import { frameOf, idsOf, record } from './journal-support.ts';
import { hubStub, journalOf, published, subscribe } from './support.ts';

function requestOf(...ids: readonly string[]): PublishRequest {
  return { owner: 'o', events: eventBatch(ids.map((id) => record(id))) };
}

async function storedIds(): Promise<string[]> {
  return (await journalOf(hubStub('abc'))).map(({ id }) => id);
}

describe('a call with', () => {
  it.each([
    ['no request', []],
    ['a request without events', [requestOf()]],
    ['many of these', [requestOf(), requestOf()]],
  ])('%s stores nothing, and makes no hub', async (_, requests) => {
    const receipts = await hubStub('abc').publishAll(requests);
    expect(receipts).toEqual(requests.map(() => ({ duplicates: [] })));
    expect(await hubStub('abc').state()).toMatchObject({ state: 'empty' });
    await published('abc', { id: 'a' });
    expect(await storedIds()).toEqual(['a']);
  });

  it('a request without events beside others answers all', async () => {
    const receipts = await hubStub('abc').publishAll([
      requestOf('a'),
      requestOf(),
      requestOf('b', 'a'),
      requestOf('a'),
    ]);
    expect(receipts).toEqual([
      { duplicates: [] },
      { duplicates: [] },
      { duplicates: [1] },
      { duplicates: [0] },
    ]);
    expect(await storedIds()).toEqual(['a', 'b']);
  });

  it('a thousand requests stores each event once, in order', async () => {
    const subscriber = await subscribe('abc');
    const requests = idsOf(1000).map((id, i) => requestOf(id, `e${i}`));
    const receipts = await hubStub('abc').publishAll(requests);
    expect(receipts).toEqual(requests.map((_, i) => ({ duplicates: i === 0 ? [] : [1] })));
    const heard: string[] = [];
    while (heard.length < 1001) heard.push(await subscriber.nextId());
    expect(heard).toEqual(['e1', 'e0', ...idsOf(1000).slice(1)]);
    expect((await storedIds()).at(-1)).toBe('e1000');
  });

  const whole = eventBatch([record('x'), record('y')]);
  it.each([
    ['ends that go back', { ...whole, ends: whole.ends.slice().reverse() }],
    ['an end too few', { ...whole, ends: whole.ends.slice(0, 3) }],
    ['an event too few', { ...whole, ends: whole.ends.slice(0, 2) }],
    ['no ends', { ...whole, ends: new Uint32Array() }],
    ['ends beyond its texts', { ...whole, keys: '' }],
    ['an event without a frame', eventBatch([{ key: record('x').key, json: '' }])],
    ['an event without a key', eventBatch([{ key: '', json: frameOf('x') }])],
  ])('a batch with %s fails that request, and no other', async (_, events) => {
    const subscriber = await subscribe('abc');
    const receipts = await hubStub('abc').publishAll([
      requestOf('a'),
      { owner: 'o', events },
      requestOf('b'),
    ]);
    expect(receipts).toEqual([
      { duplicates: [] },
      { failed: 'the ends of the events do not divide their keys and frames' },
      { duplicates: [] },
    ]);
    expect([await subscriber.nextId(), await subscriber.nextId()]).toEqual(['a', 'b']);
    expect(await storedIds()).toEqual(['a', 'b']);
  });

  it('a frame that is no JSON stores the other events', async () => {
    await published('abc', { id: 'a' });
    const events = eventBatch([record('x', 0, '{"id":'), record('y')]);
    await hubStub('abc').publishAll([{ owner: 'o', events }]);
    await published('abc', { id: 'b' });
    const subscriber = await subscribe('abc', 'json=true&since=y');
    expect(await subscriber.nextId()).toBe('b');
  });
});

it('a hub without events keeps no header after a call without any', async () => {
  await hubStub('abc').publishAll([]);
  expect(await hubStub('abc').state()).toMatchObject({ state: 'empty' });
  await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
    expect([...storage.kv.list()]).toEqual([]);
  });
});
