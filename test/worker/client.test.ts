/** The client as a Worker uses it, in workerd, against hubs that sleep and wake. */
import { evictDurableObject } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { publish, type SubscribeOptions, subscribe } from '../../src/client/index.ts';
import { SocketToWorker } from './socket-to-worker.ts';
import { fetchApi, hubStub, TOKEN } from './support.ts';

const OPTIONS: SubscribeOptions = {
  url: 'http://carillon.test',
  token: TOKEN,
  fetch: (url, request) => exports.default.fetch(new Request(url, request)),
  WebSocket: SocketToWorker,
};

function eventsOf(eventType: string, from: number, to: number) {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    eventType,
    id: `${from + index}`,
    metadata: { path: `data/${from + index}`, text: 'ä'.repeat(50) },
  }));
}

describe.each(['json', 'protobuf'] as const)('in %s', (encoding) => {
  const options = { ...OPTIONS, encoding };

  it('a Worker hears what it publishes', async () => {
    const [event] = eventsOf(`client-${encoding}/a`, 1, 1) as [ReturnType<typeof eventsOf>[0]];
    await using subscription = subscribe(event.eventType, options);
    await subscription.opened();
    await publish(event, options);
    expect((await subscription.next()).value).toMatchObject(event);
  });

  it('a Worker hears on, and acknowledges on, after its hub has slept', async () => {
    const type = `sleeper-${encoding}/a`;
    await using subscription = subscribe(type, { ...options, credit: 4 });
    await subscription.opened();
    const ids: string[] = [];
    for (let from = 1; from <= 30; from += 10) {
      const published = publish(eventsOf(type, from, from + 9), options);
      while (ids.length < from + 9) {
        const { value } = await subscription.next();
        ids.push(value?.type === 'event' ? value.id : `${value?.type}`);
      }
      await published;
      await evictDurableObject(hubStub(`sleeper-${encoding}`));
    }
    expect(ids).toEqual(eventsOf(type, 1, 30).map(({ id }) => id));
  });
});

it('a Worker whose subscription is refused learns why', async () => {
  await using subscription = subscribe('*', { ...OPTIONS, filter: 'a =' });
  await expect(subscription.next()).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('Error subscribing: filter: line 1, column 3'),
  });
});

it('a Worker whose token is revoked is told so', async () => {
  const created = await fetchApi('auth/token/create', { method: 'POST', body: '{}' });
  const { auth } = (await created.json()) as { auth: { client_token: string } };
  await using subscription = subscribe('*', { ...OPTIONS, token: auth.client_token });
  await subscription.opened();
  await fetchApi('auth/token/revoke', {
    method: 'POST',
    body: JSON.stringify({ token: auth.client_token }),
  });
  await expect(subscription.next()).rejects.toMatchObject({ code: 'revoked' });
});
