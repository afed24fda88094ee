/** Readers of `carillon.v1` that stop acknowledging: what they hold, what the others notice, and what they get later. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, vi } from 'vitest';
import { TurnBudget } from '../../src/hub/delivery/turn-budget.ts';
import { AckingSubscribers } from '../../src/hub/flow-control/acking-subscribers.ts';
import { Unacknowledged } from '../../src/hub/flow-control/unacknowledged.ts';
import { MAX_UNACKED_BYTES_PER_HUB } from '../../src/hub/limits.ts';
import { Sockets } from '../../src/hub/subscribers/sockets.ts';
import type { ServerMessage } from '../../src/wire/carillon-v1/messages.ts';
import { ACK_TIMEOUT_MS } from '../../src/wire/limits.ts';
import { it } from './fixtures.ts';
import { aReader, type Reader } from './reader.ts';
import { accepted, hubOf, on, root } from './security-support.ts';

const EVENT_BYTES = 30_000;

afterEach(() => {
  vi.useRealTimers();
});

async function publishLarge(count: number): Promise<string[]> {
  const events = Array.from({ length: count }, () =>
    on('secret/a', { note: 'x'.repeat(EVENT_BYTES - 500) }),
  );
  const { data } = await root.writes('sys/events/publish/abc', events);
  return data.ids as string[];
}

/** The bytes that were sent to sockets, and not yet read by their clients. */
function sentBytes(): () => number {
  const { send } = TurnBudget.prototype;
  let sum = 0;
  vi.spyOn(TurnBudget.prototype, 'send').mockImplementation(function (
    this: TurnBudget,
    socket,
    sent,
  ) {
    sum += sent.bytes;
    send.call(this, socket, sent);
  });
  return () => sum;
}

async function readers(count: number): Promise<Reader[]> {
  return Promise.all(Array.from({ length: count }, () => aReader(root, 'abc')));
}

function laggards(): Promise<number> {
  return runInDurableObject(
    hubOf('abc'),
    (_hub, { storage }) => storage.sql.exec('SELECT 1 FROM lagging_subscribers').toArray().length,
  );
}

describe('readers that stop acknowledging', () => {
  it('are sent no more together than the hub holds for all, and all of it when they acknowledge', async () => {
    const all = await readers(40);
    const bytes = sentBytes();
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push(...(await publishLarge(10)));
    // 40 readers times 1.2 MB.
    expect(bytes()).toBeLessThan(1.1 * MAX_UNACKED_BYTES_PER_HUB);
    expect(bytes()).toBeGreaterThan(0.8 * MAX_UNACKED_BYTES_PER_HUB);
    expect(await laggards()).toBeGreaterThan(0);
    await Promise.all(all.map(async (reader) => expect(await reader.hears(40)).toEqual(ids)));
    await vi.waitFor(async () => expect(await laggards()).toBe(0));
    const last = await root.published('abc', on('secret/a'));
    for (const reader of all) expect(await reader.hears(1)).toEqual([last]);
  });

  it('do not keep those who acknowledge from what is new', async ({ holder }) => {
    const stalled = await readers(40);
    const healthy = await aReader(holder, 'abc');
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) {
      const published = await publishLarge(10);
      expect(await healthy.hears(10)).toEqual(published);
      ids.push(...published);
    }
    expect(stalled.every(({ subscriber }) => subscriber.waiting > 0)).toBe(true);
    for (const { subscriber } of stalled.slice(1)) subscriber.socket.close(1000);
    expect(await stalled[0]?.hears(40)).toEqual(ids);
  });

  it('are asked to acknowledge before the hub has no room', async () => {
    const all = await readers(40);
    await publishLarge(20);
    const sent = all.filter(({ subscriber }) => subscriber.waiting > 0);
    const messages = await Promise.all(sent.map(({ subscriber }) => subscriber.next()));
    const asked = messages.map((each) => JSON.parse(each as string).acknowledge);
    // The first of them while there was room for many more.
    expect(asked[0]).toBeUndefined();
    expect(asked.at(-1)).toBe(true);
  });

  it('are not asked while there is room', async () => {
    const reader = await aReader(root, 'abc');
    await publishLarge(1);
    const message = JSON.parse((await reader.subscriber.next()) as string) as ServerMessage;
    expect(message).toMatchObject({ type: 'events' });
    expect(message).not.toHaveProperty('acknowledge');
  });

  it('miss nothing if the hub is stopped while they wait for room', async () => {
    const all = await readers(30);
    const ids = [...(await publishLarge(20)), ...(await publishLarge(20))];
    expect(await laggards()).toBeGreaterThan(0);
    await evictDurableObject(hubOf('abc'));
    await Promise.all(all.map(async (reader) => expect(await reader.hears(40)).toEqual(ids)));
  });

  it('are closed after a minute if others wait for what they hold', async () => {
    const all = await readers(30);
    await publishLarge(20);
    await publishLarge(20);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ACK_TIMEOUT_MS + 1000 });
    await runDurableObjectAlarm(hubOf('abc'));
    for (const { subscriber } of all) expect((await subscriber.closed).code).toBe(4408);
    const reader = await aReader(root, 'abc', '&since=earliest');
    expect((await reader.hears(40)).length).toBe(40);
  });
});

it('what a subscriber held is free when the hub closes it, whatever its client does', async () => {
  const answered = vi.spyOn(Sockets.prototype, 'closed').mockImplementation(() => undefined);
  const freed = vi.spyOn(Unacknowledged.prototype, 'left');
  await aReader(root, 'abc');
  await publishLarge(3);
  const { data } = await root.reads('sys/events/subscriptions');
  await root.removes(`sys/events/subscriptions/${data.keys[0]}`);
  expect(freed).toHaveBeenCalledTimes(1);
  expect(freed.mock.calls[0]?.[0].unackedBytes).toBe(0);
  answered.mockRestore();
});

it('what a subscriber held is free when it leaves', async () => {
  const account = vi.spyOn(AckingSubscribers.prototype, 'closed');
  for (let i = 0; i < 60; i++) {
    const reader = await aReader(root, 'abc');
    await accepted(
      await root.publish(
        'abc',
        Array.from({ length: 20 }, () => on('secret/a', { note: 'x'.repeat(EVENT_BYTES) })),
      ),
    );
    await vi.waitFor(() => expect(reader.subscriber.waiting).toBeGreaterThan(0));
    reader.subscriber.socket.close(1000);
    await vi.waitFor(() => expect(account).toHaveBeenCalledTimes(i + 1));
  }
  expect(await laggards()).toBe(0);
});
