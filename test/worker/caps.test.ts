/** What bounds the cost of subscribers that stall without a word. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { MAX_SOCKETS_PER_TOKEN } from '../../src/hub/limits.ts';
import { MAX_SUBSCRIPTION_MS, MIN_SUBSCRIPTION_MS } from '../../src/objects/limits.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import { fetchApi, handshake, hubStub, published, Subscriber, subscribe } from './support.ts';

const HOUR_MS = 60 * 60 * 1000;
/** Ends are rounded down to this. */
const END_STEP_MS = 5 * 60 * 1000;

it('a subscription ends after its lifetime, and can be resumed', async () => {
  const stock = await subscribe('abc');
  const { webSocket } = await handshake('abc', '', {
    'Sec-WebSocket-Protocol': SUBPROTOCOLS.json,
  });
  if (webSocket === null) throw new Error('refused');
  const knowing = new Subscriber(webSocket);
  await knowing.next();
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + MIN_SUBSCRIPTION_MS - END_STEP_MS);
  const later = await subscribe('abc');
  await runDurableObjectAlarm(hubStub('abc'));
  await published('abc', { id: 'a' });
  for (const each of [stock, later]) expect(await each.nextId()).toBe('a');
  await knowing.next();

  vi.setSystemTime(Date.now() + MAX_SUBSCRIPTION_MS - MIN_SUBSCRIPTION_MS + END_STEP_MS);
  await runDurableObjectAlarm(hubStub('abc'));
  expect(await stock.closed).toEqual({ code: 1013, reason: 'resume' });
  expect(JSON.parse((await knowing.next()) as string)).toMatchObject({
    type: 'goodbye',
    reason: 'lifetime',
    reconnect: true,
  });
  expect(await knowing.closed).toMatchObject({ code: 1013 });
  const resumed = await subscribe('abc', 'json=true&since=earliest');
  expect(await resumed.nextId()).toBe('a');
});

it('subscriptions that begin together end over half a day, and cost a row for each five minutes of it', async () => {
  for (let count = 0; count < 500; count++) await subscribe('abc');
  const now = Date.now();
  const ends = await runInDurableObject(hubStub('abc'), (_hub, { storage }) =>
    storage.sql
      .exec<{ ends_at: number }>('SELECT ends_at FROM socket_ends ORDER BY ends_at')
      .toArray(),
  );
  const hours = ends.map(({ ends_at }) => Math.floor((ends_at - now) / (60 * 60 * 1000)));
  expect(new Set(hours).size).toBeGreaterThanOrEqual(12);
  expect(ends.length).toBeGreaterThan(100);
  expect(ends.length).toBeLessThanOrEqual(145);
  expect(hours[0]).toBeGreaterThanOrEqual(11);
  expect(hours.at(-1)).toBeLessThan(24);
});

it('a subscription that release 0.2 accepted ends when it would have', async () => {
  const subscriber = await subscribe('abc');
  const hour = Math.floor(Date.now() / HOUR_MS);
  await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
    storage.sql.exec('INSERT INTO socket_hours (hour) VALUES (?)', hour);
    storage.sql.exec('DELETE FROM socket_ends');
  });
  await evictDurableObject(hubStub('abc'));
  await runInDurableObject(hubStub('abc'), (_hub, ctx) => {
    const [present] = ctx.getWebSockets();
    const { 0: client, 1: server } = new WebSocketPair();
    const [subscriptionClass = ''] = ctx.getTags(present as WebSocket);
    ctx.acceptWebSocket(server, [subscriptionClass, `hour ${hour}`]);
    client.accept();
  });
  const open = () =>
    runInDurableObject(
      hubStub('abc'),
      (_hub, ctx) =>
        ctx.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN).length,
    );
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime((hour + 1) * HOUR_MS + MAX_SUBSCRIPTION_MS - 1000);
  await runDurableObjectAlarm(hubStub('abc'));
  expect(await open()).toBe(2);
  vi.setSystemTime((hour + 1) * HOUR_MS + MAX_SUBSCRIPTION_MS);
  await runDurableObjectAlarm(hubStub('abc'));
  expect(await open()).toBe(1);
  subscriber.socket.close();
});

it('a token has so many subscribers in a hub and no more, until one leaves; the root token has no bound', async () => {
  const response = await fetchApi('auth/token/create', {
    method: 'POST',
    body: JSON.stringify({ policies: ['root'] }),
  });
  const { auth } = (await response.json()) as { auth: { client_token: string } };
  const headers = { 'X-Vault-Token': auth.client_token };
  const clients: Subscriber[] = [];
  while (clients.length < MAX_SOCKETS_PER_TOKEN) {
    const some = await Promise.all(
      Array.from({ length: 100 }, () => handshake('abc', 'json=true', headers)),
    );
    for (const { webSocket } of some) if (webSocket) clients.push(new Subscriber(webSocket));
  }
  const refused = await handshake('abc', 'json=true', headers);
  expect(refused.status).toBe(503);
  expect(await refused.json()).toEqual({
    errors: [
      `this token has ${MAX_SOCKETS_PER_TOKEN} subscribers in this hub, as many as one may have; use another`,
    ],
  });
  expect((await handshake('abc')).status).toBe(101);
  expect((await handshake('other', 'json=true', headers)).status).toBe(101);

  clients[0]?.socket.close(1000);
  await clients[0]?.closed;
  expect((await handshake('abc', 'json=true', headers)).status).toBe(101);
});
