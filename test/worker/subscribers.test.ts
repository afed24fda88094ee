import { reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it } from 'vitest';
import { Journal } from '../../src/hub/journal/journal.ts';
import { type SubscriberNeeds, Subscribers } from '../../src/hub/subscribers/subscribers.ts';
import { createTables, handshakeTo, hubStub } from './support.ts';

afterEach(reset);

const HANDSHAKE = handshakeTo('abc');
const RETENTION = { events: 1000, bytes: 1_000_000, ageMs: 60_000 };

function subscribersOf(
  state: DurableObjectState,
  maxSockets?: number,
  prepare: SubscriberNeeds['prepare'] = async () => undefined,
): Subscribers {
  createTables(state.storage);
  const needs = { prepare, forgotten: () => undefined, arm: () => undefined };
  return new Subscribers(state, env, new Journal(state.storage, RETENTION), needs, maxSockets);
}

it('a full hub takes no more subscribers until one leaves', async () => {
  await runInDurableObject(hubStub('abc'), async (_hub, state) => {
    const subscribers = subscribersOf(state, 3);
    const clients: WebSocket[] = [];
    for (let i = 0; i < 3; i++) {
      const { webSocket } = await subscribers.accept(HANDSHAKE);
      if (webSocket === null) throw new Error('not accepted');
      webSocket.accept();
      clients.push(webSocket);
    }
    const refused = await subscribers.accept(HANDSHAKE);
    expect(refused.status).toBe(503);
    expect(await refused.text()).toBe('this hub has 3 subscribers and takes no more');

    const closed = new Promise((resolve) => clients[0]?.addEventListener('close', resolve));
    clients[0]?.close(1000);
    await closed;
    expect((await subscribers.accept(HANDSHAKE)).status).toBe(101);
    expect((await subscribers.accept(HANDSHAKE)).status).toBe(503);
  });
});

it('handshakes under way count: a full hub is not overrun by those that came together', async () => {
  await runInDurableObject(hubStub('abc'), async (_hub, state) => {
    let ready: () => void = () => undefined;
    const prepared = new Promise<undefined>((resolve) => {
      ready = () => resolve(undefined);
    });
    const subscribers = subscribersOf(state, 2, () => prepared);
    const handshakes = [1, 2, 3, 4].map(() => subscribers.accept(HANDSHAKE));
    ready();
    const statuses = (await Promise.all(handshakes)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([101, 101, 503, 503]);
  });
});

it('a class is forgotten once its last subscriber left, so that patterns do not pile up', async () => {
  await runInDurableObject(hubStub('abc'), async (_hub, state) => {
    const failing = () => Promise.reject(new Error('not ready'));
    const subscribers = subscribersOf(state, undefined, failing);
    for (let i = 0; i < 20; i++) {
      await expect(subscribers.accept(handshakeTo(`abc/${i}`))).rejects.toThrow('not ready');
    }
    const { classes } = state.storage.sql
      .exec<{ classes: number }>('SELECT COUNT(*) AS classes FROM subscription_classes')
      .one();
    expect(classes).toBe(1);
  });
});
