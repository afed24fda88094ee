/** What bounds the cost of subscribers that stall without a word. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { MAX_SOCKETS_PER_TOKEN } from '../../src/hub/limits.ts';
import { MAX_SUBSCRIPTION_MS } from '../../src/objects/limits.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import { fetchApi, handshake, hubStub, published, Subscriber, subscribe } from './support.ts';

const HOUR_MS = 60 * 60 * 1000;

it('a subscription ends after its lifetime, and can be resumed', async () => {
  const stock = await subscribe('abc');
  const { webSocket } = await handshake('abc', '', {
    'Sec-WebSocket-Protocol': SUBPROTOCOLS.json,
  });
  if (webSocket === null) throw new Error('refused');
  const knowing = new Subscriber(webSocket);
  await knowing.next();
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + MAX_SUBSCRIPTION_MS - 1000);
  const later = await subscribe('abc');
  await runDurableObjectAlarm(hubStub('abc'));
  await published('abc', { id: 'a' });
  for (const each of [stock, later]) expect(await each.nextId()).toBe('a');
  await knowing.next();

  vi.setSystemTime(Date.now() + HOUR_MS + 1000);
  await runDurableObjectAlarm(hubStub('abc'));
  expect(await stock.closed).toEqual({ code: 1013, reason: 'resume' });
  expect(JSON.parse((await knowing.next()) as string)).toMatchObject({
    type: 'goodbye',
    reason: 'lifetime',
    reconnect: true,
  });
  expect(await knowing.closed).toMatchObject({ code: 1013 });
  await published('abc', { id: 'b' });
  expect(await later.nextId()).toBe('b');
  const resumed = await subscribe('abc', 'json=true&since=a');
  expect(await resumed.nextId()).toBe('b');
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
