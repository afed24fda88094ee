/** What becomes of a request when the hubs of an isolate hold all the memory that they may. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, expect, vi } from 'vitest';
import {
  MAX_CATCH_UP_BYTES,
  MAX_CATCH_UP_WAIT_MS,
  MAX_WAITING_BYTES,
} from '../../src/hub/limits.ts';
import { MemoryAccount, openHubMemory } from '../../src/hub/memory-budget.ts';
import { it } from './fixtures.ts';
import { handshake, hubStub, publish, published, Subscriber, subscribe } from './support.ts';

const others = openHubMemory('other hubs');

afterEach(() => {
  for (const account of Object.values(others) as MemoryAccount[]) account.release(account.bytes);
});

it('a publish gets 429, and is stored when it is repeated', async () => {
  const subscriber = await subscribe('abc');
  others.waiting.add(MAX_WAITING_BYTES);
  const refused = await publish('abc', { id: 'a' });
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
  others.waiting.release(MAX_WAITING_BYTES);
  await published('abc', { id: 'a' });
  expect(await subscriber.nextId()).toBe('a');
});

it.each(['since=earliest', 'since=a'])(
  'a replay of %s gets 503, and is sent later',
  async (since) => {
    for (const id of ['a', 'b', 'c']) await published('abc', { id });
    others.catchUp.add(MAX_CATCH_UP_BYTES);
    const refused = await handshake('abc', `json=true&${since}`);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await handshake('abc', 'json=true')).status).toBe(101);
    others.catchUp.release(MAX_CATCH_UP_BYTES);
    const { webSocket } = await handshake('abc', `json=true&${since}`);
    const subscriber = new Subscriber(webSocket as WebSocket);
    if (since === 'since=earliest') expect(await subscriber.nextId()).toBe('a');
    expect(await subscriber.nextId()).toBe('b');
  },
);

it('a replay waits for room, but not for long', async () => {
  await published('abc', { id: 'a' });
  others.catchUp.add(MAX_CATCH_UP_BYTES);
  const begun = performance.now();
  expect((await handshake('abc', 'json=true&since=earliest')).status).toBe(503);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(MAX_CATCH_UP_WAIT_MS);
  const waiting = handshake('abc', 'json=true&since=earliest');
  setTimeout(() => others.catchUp.release(MAX_CATCH_UP_BYTES), MAX_CATCH_UP_WAIT_MS / 4);
  const { status, webSocket } = await waiting;
  expect(status).toBe(101);
  expect(await new Subscriber(webSocket as WebSocket).nextId()).toBe('a');
});

it('a subscription for which hubs would begin to feed gets 503, and begins later', async () => {
  await published('deploy/x', { id: 'a' });
  others.catchUp.add(MAX_CATCH_UP_BYTES);
  expect((await handshake('dep*', 'json=true&since=earliest')).status).toBe(503);
  others.catchUp.release(MAX_CATCH_UP_BYTES);
  const subscriber = await subscribe('dep*', 'json=true&since=earliest');
  expect(await subscriber.nextId()).toBe('a');
});

it('a wildcard hub takes a feed later, and nothing is lost or heard twice', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const subscriber = await subscribe('dep*');
  await published('deploy/x', { id: 'a' });
  expect(await subscriber.nextId()).toBe('a');
  const { reserve } = MemoryAccount.prototype;
  let calls = 0;
  vi.spyOn(MemoryAccount.prototype, 'reserve').mockImplementation(function (
    this: MemoryAccount,
    bytes,
  ) {
    // The hub reserves first, and then the wildcard hub.
    return ++calls === 2 ? false : reserve.call(this, bytes);
  });
  await published('deploy/x', { id: 'b' });
  expect(subscriber.waiting).toBe(0);
  await published('deploy/x', { id: 'c' });
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(hubStub('deploy'));
    expect(subscriber.waiting).toBe(2);
  });
  expect([await subscriber.nextId(), await subscriber.nextId()]).toEqual(['b', 'c']);
  expect(logged).toHaveBeenCalled();
});

it('what was stored, sent or given up is free again', async () => {
  const before = [others.waiting.fullness, others.catchUp.fullness];
  await subscribe('*');
  for (let i = 0; i < 30; i++) await published(`h${i % 3}`, { id: `e${i}` });
  for (let i = 0; i < 3; i++) await subscribe(`h${i}`, 'json=true&since=earliest');
  await subscribe('h*', 'json=true&since=earliest');
  expect((await publish('h1', { id: '' })).status).toBe(400);
  await vi.waitFor(() =>
    expect([others.waiting.fullness, others.catchUp.fullness]).toEqual(before),
  );
});
