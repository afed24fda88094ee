import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { MAX_SOCKETS_PER_HUB } from '../../src/hub/limits.ts';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { it } from './fixtures.ts';
import { handshake, handshakeTo, hubStub, published, Subscriber } from './support.ts';

const AT_ONCE = 500;

it('a hub holds as many sockets as its limit says, and answers one more with 503', async () => {
  Object.assign(env, { SHARD_AT_SOCKETS: '0' });
  const hub = hubStub('abc');
  const subscribers: Subscriber[] = [];
  while (subscribers.length < MAX_SOCKETS_PER_HUB) {
    const handshakes = Array.from({ length: AT_ONCE }, () =>
      hub.fetch(encodeHandshake(handshakeTo('abc'))),
    );
    for (const { webSocket } of await Promise.all(handshakes)) {
      if (webSocket === null) throw new Error(`refused after ${subscribers.length}`);
      subscribers.push(new Subscriber(webSocket));
    }
  }

  const refused = await handshake('abc');
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThanOrEqual(2);
  expect(await refused.json()).toEqual({
    errors: [`this hub has ${MAX_SOCKETS_PER_HUB} subscribers and takes no more`],
  });
  expect((await handshake('other')).status).toBe(101);

  const id = await published('abc');
  for (const subscriber of subscribers) expect(await subscriber.nextId()).toBe(id);
}, 120_000);
