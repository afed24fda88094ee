/** The past of hubs, which a wildcard hub takes when they begin to feed it. */
import { evictDurableObject } from 'cloudflare:test';
import { afterEach, expect } from 'vitest';
import { hubName } from '../../src/objects/names.ts';
import { Hub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import {
  breakTable,
  handshake,
  hubStub,
  publish,
  published,
  repair,
  Subscriber,
  subscribe,
  wildcardHubStub,
} from './support.ts';

const realRequestFeed = Hub.prototype.requestFeed;
afterEach(() => {
  Hub.prototype.requestFeed = realRequestFeed;
});

/** What `depx` does when it is told to feed. */
function depx(does: () => Promise<void>): void {
  Hub.prototype.requestFeed = async function (
    this: Hub,
    ...given: Parameters<typeof realRequestFeed>
  ) {
    const { ctx } = this as unknown as { ctx: DurableObjectState };
    if (ctx.id.name === hubName('', 'depx')) await does();
    return realRequestFeed.call(this, ...given);
  } as unknown as typeof realRequestFeed;
}

async function fetchedInVain(): Promise<void> {
  await published('deploy/finished', { id: 'a' });
  await published('depx/first', { id: 'x' });
  depx(async () => {
    await scheduler.wait(20);
    throw new Error('depx is down');
  });
  expect((await handshake('dep*')).status).toBe(503);
  Hub.prototype.requestFeed = realRequestFeed;
}

it('the past of a hub is not lost when another hub failed the handshake that fetched it', async () => {
  await fetchedInVain();
  const response = await handshake('dep*', 'json=true&since=earliest');
  expect(response.headers.get('Last-Event-ID')).toBeNull();
  const subscriber = new Subscriber(response.webSocket as WebSocket);
  const heard = [await subscriber.nextId()];
  heard.push((await Promise.race([subscriber.nextId(), scheduler.wait(1000)])) ?? 'nothing');
  expect(heard.sort()).toEqual(['a', 'x']);
});

it('nor told as complete since a time', async () => {
  const time = new Date().toISOString();
  await scheduler.wait(5);
  await fetchedInVain();
  const response = await handshake('dep*', `json=true&since=${time}`);
  const subscriber = new Subscriber(response.webSocket as WebSocket);
  await scheduler.wait(500);
  expect([response.headers.get('Last-Event-ID'), subscriber.waiting]).not.toEqual([null, 1]);
});

it('the past of a hub is not sent as news after such a handshake', async () => {
  await fetchedInVain();
  const subscriber = await subscribe('dep*');
  await published('deploy/finished', { id: 'b' });
  expect(await subscriber.nextId()).toBe('b');
});

it('a subscriber from now on is not sent the past that another handshake is fetching', async () => {
  await published('deploy/finished', { id: 'a' });
  await published('depx/first', { id: 'x' });
  let open = false;
  depx(async () => {
    while (!open) await scheduler.wait(1);
  });
  const slow = handshake('dep*', 'json=true');
  await scheduler.wait(100);
  const coming = subscribe('deploy*');
  await scheduler.wait(50);
  open = true;
  const subscriber = await coming;
  (await slow).webSocket?.accept();
  await published('deploy/finished', { id: 'b' });
  expect(await subscriber.nextId()).toBe('b');
});

it('a full disk of the wildcard hub while it takes the past does not lose it', async () => {
  await published('deploy/finished', { id: 'a' });
  await breakTable(wildcardHubStub(), 'segments');
  expect((await handshake('dep*')).status).toBe(503);
  await repair(wildcardHubStub());
  await evictDurableObject(wildcardHubStub());
  const subscriber = await subscribe('dep*', 'json=true&since=earliest');
  expect(await Promise.race([subscriber.nextId(), scheduler.wait(1500)])).toBe('a');
  expect(await evictDurableObject(hubStub('deploy'))).toBeUndefined();
});

it('a wildcard hub does not forget that it lacks a part of the past when it trims older events', async () => {
  await published('depa/x', numbered('a', 100));
  await scheduler.wait(20);
  const time = new Date().toISOString();
  await scheduler.wait(20);
  // 100 of these 1,000 are let go of by their hub, which keeps 1,000.
  await published('depb/x', numbered('b', 1000));
  await scheduler.wait(20);
  await published('depb/x', numbered('c', 100));
  await subscribe('depa*');
  await subscribe('dep*');
  const one = await handshake('depb/*', `json=true&since=${time}`);
  expect(one.headers.get('Last-Event-ID')).toBe('earliest');
  const { headers } = await handshake('dep*', `json=true&since=${time}`);
  expect(headers.get('Last-Event-ID'), 'of the wildcard hub').toBe('earliest');
});

it('a long past with ids that are not Latin can be fed', async () => {
  const note = 'n'.repeat(16_400);
  for (let i = 0; i < 1040; i += 52) {
    const some = Array.from({ length: 52 }, (_, k) => ({ id: `№ ${i + k}`, note }));
    expect((await publish('deploy/x', some)).status).toBe(200);
  }
  expect((await handshake('dep*')).status).toBe(101);
});

function numbered(prefix: string, count: number): { id: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `${prefix}${index}` }));
}
