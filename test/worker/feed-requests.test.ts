/** Feed requests of a wildcard hub, when they are lost, late, or overtake each other. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect } from 'vitest';
import type { FeedPage, FeedRequest } from '../../src/objects/hub-contract.ts';
import { hubName, wildcardHubName } from '../../src/objects/names.ts';
import { Hub, WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import {
  forgetInterests,
  handshake,
  hubStub,
  published,
  subscribe,
  wildcardHubStub,
} from './support.ts';

const DEPLOY = hubName('', 'deploy');
const realRequestFeed = Hub.prototype.requestFeed;
afterEach(() => {
  Hub.prototype.requestFeed = realRequestFeed;
});

function requestsOf(storage: DurableObjectStorage): Readonly<Record<string, FeedRequest>> {
  return storage.kv.get<Record<string, FeedRequest>>('feed_requests') ?? {};
}

/** The last feed request that a hub has received. */
function requestTo(eventTypeNamespace: string): Promise<FeedRequest> {
  return runInDurableObject(
    hubStub(eventTypeNamespace),
    (_hub, { storage }) => requestsOf(storage)[wildcardHubName('')] as FeedRequest,
  );
}

/** What a hub sends that has nothing new. */
async function emptyPage(): Promise<FeedPage> {
  const { version } = await requestTo('deploy');
  return runInDurableObject(hubStub('deploy'), (_hub, { storage }) => {
    const epoch = storage.kv.get<{ epoch: string }>('journal_header')?.epoch ?? '';
    return { format: 2, hub: DEPLOY, epoch, trimmedThrough: 0, after: 2, slices: [], version };
  });
}

async function hears(pattern: string, eventType: string): Promise<void> {
  const subscriber = await subscribe(pattern);
  const id = await published(eventType);
  expect(await subscriber.nextId()).toBe(id);
}

it('a hub that died while it was told to feed is told again by the next subscriber', async () => {
  await published('deploy/first');
  const first = await subscribe('dep*');
  first.socket.close(1000);
  await first.closed;
  await published('deploy/unheard');
  await forgetInterests();
  const page = await emptyPage();
  const { request: stop } = await wildcardHubStub().receive(page);
  if (stop === undefined) throw new Error('not registered');
  expect(stop.wanted).toBe(false);

  // The handshake tells the hub to feed. The hub has a feed under way, and dies with both answers.
  Hub.prototype.requestFeed = (async () => {
    // It is answered after the handshake, which waits for this.
    env.WILDCARD_HUB.getByName(wildcardHubName(''))
      .receive(page)
      .catch(() => undefined);
    throw new Error('the hub died');
  }) as unknown as typeof realRequestFeed;
  expect((await handshake('dep*')).status).toBe(503);
  Hub.prototype.requestFeed = realRequestFeed;
  await hubStub('deploy').requestFeed(wildcardHubName(''), stop, undefined, 1, 1);

  await hears('dep*', 'deploy/second');
});

it('a feed request that is overtaken by a later one is not taken for confirmed', async () => {
  await published('deploy/first');
  await published('depx/first');
  // Objects of one isolate share variables, but cannot await each other's promises.
  let mayArrive = false;
  let hasArrived = false;
  Hub.prototype.requestFeed = async function (
    this: Hub,
    ...given: Parameters<typeof realRequestFeed>
  ) {
    const { ctx } = this as unknown as { ctx: DurableObjectState };
    if (ctx.id.name === hubName('', 'depx')) throw new Error('depx is down');
    while (!mayArrive) await scheduler.wait(1);
    const history = realRequestFeed.call(this, ...given);
    hasArrived = true;
    return history;
  } as unknown as typeof realRequestFeed;

  // depx refuses, so the handshake fails while the request to deploy is still under way.
  expect((await handshake('dep*')).status).toBe(503);
  const registered = await wildcardHubStub().register(DEPLOY);
  if (!registered.ok) throw new Error('not registered');
  const later = registered.value;
  expect(later.wanted).toBe(false);
  await runInDurableObject(hubStub('deploy'), (hub) =>
    realRequestFeed.call(hub, wildcardHubName(''), later, undefined, 1, 1),
  );
  mayArrive = true;
  while (!hasArrived) await scheduler.wait(1);
  Hub.prototype.requestFeed = realRequestFeed;
  expect(await requestTo('deploy')).toEqual(later);

  await hears('dep*', 'deploy/second');
});

it('an unregistration that is late does not remove a hub that has registered again', async () => {
  await published('deploy/first');
  const before = await requestTo('deploy');
  // The hub left, which its registry has yet to hear, and was published to again.
  await runInDurableObject(hubStub('deploy'), (_hub, { storage }) => {
    storage.kv.delete('registered_at');
  });
  await evictDurableObject(hubStub('deploy'));
  const subscriber = await subscribe('dep*');
  const second = await published('deploy/second');
  await wildcardHubStub().unregister(DEPLOY, {
    epoch: undefined,
    trimmedUntil: 0,
    version: before.version,
  });
  expect(await wildcardHubStub().hubs()).toEqual([DEPLOY]);
  expect(await subscriber.nextId()).toBe(second);
  const third = await published('deploy/third');
  expect(await subscriber.nextId()).toBe(third);
});

it('a subscriber that comes before a hub and one that comes while it registers hear its first event', async () => {
  const early = await subscribe('dep*');
  const own = await subscribe('deploy/*');
  const realRegister = WildcardHub.prototype.register;
  let isRegistered = false;
  let mayHear = false;
  WildcardHub.prototype.register = async function (this: WildcardHub, ...claim) {
    const registered = await realRegister.call(this, ...claim);
    isRegistered = true;
    while (!mayHear) await scheduler.wait(1);
    return registered;
  };
  try {
    const publishing = published('deploy/first');
    while (!isRegistered) await scheduler.wait(1);
    // Its handshake is over before the hub has received the feed request.
    const late = await subscribe('d*');
    mayHear = true;
    const id = await publishing;
    for (const each of [early, own, late]) expect(await each.nextId()).toBe(id);
  } finally {
    WildcardHub.prototype.register = realRegister;
  }
});

it('a hub that is asked to feed while it leaves is heard when it comes back', async () => {
  const own = await subscribe('deploy/*');
  const realUnregister = WildcardHub.prototype.unregister;
  let isLeaving = false;
  WildcardHub.prototype.unregister = async function (this: WildcardHub, ...given) {
    isLeaving = true;
    await scheduler.wait(20);
    return realUnregister.call(this, ...given);
  };
  try {
    own.socket.close(1000);
    while (!isLeaving) await scheduler.wait(1);
    const [spanning, id] = await Promise.all([subscribe('dep*'), published('deploy/first')]);
    const next = await published('deploy/second');
    const heard = await spanning.nextId();
    if (heard !== next) expect([heard, await spanning.nextId()]).toEqual([id, next]);
  } finally {
    WildcardHub.prototype.unregister = realUnregister;
  }
});
