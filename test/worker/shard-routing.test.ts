/** How subscribers find the object of a hub that serves them, through the Worker. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { workerCaches } from '../../src/http/worker-caches.ts';
import { QUIET_REGION_MS } from '../../src/hub/limits.ts';
import { Replica } from '../../src/hub/shards/at-replica/replica.ts';
import { hubName, regionHeadName, shardName } from '../../src/objects/names.ts';
import { callShardedHub, callSubscriberHub } from '../../src/objects/stubs.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { it } from './fixtures.ts';
import { aHolder, elapse, LISTENER } from './security-support.ts';
import { fetchApi, published, Subscriber, TOKEN } from './support.ts';

const HUB = hubName('', 'abc');
const SYDNEY = { continent: 'OC', country: 'AU', longitude: '151.20930' };
const FRANKFURT = { continent: 'EU', country: 'DE', longitude: '8.68210' };

interface Client {
  readonly cf?: object;
  readonly token?: string;
  readonly query?: string;
  readonly headers?: Record<string, string>;
}

function handshake({ cf = FRANKFURT, token = TOKEN, query = 'json=true', headers }: Client = {}) {
  return fetchApi(`sys/events/subscribe/abc?${query}`, {
    cf,
    headers: { 'X-Vault-Token': token, Upgrade: 'websocket', ...headers },
  } as RequestInit);
}

async function subscribe(client: Client = {}): Promise<Subscriber> {
  const response = await handshake(client);
  if (response.webSocket === null) {
    throw new Error(`subscribe answered ${response.status}: ${await response.text()}`);
  }
  return new Subscriber(response.webSocket);
}

function directory() {
  return callShardedHub(env, HUB, (hub) => hub.shardDirectory());
}

function sockets(object: string): Promise<number> {
  return callSubscriberHub(env, object, (each) => each.countSubscribers());
}

async function idsOf(subscriber: Subscriber, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await subscriber.nextId());
  return ids;
}

async function closed(subscribers: readonly Subscriber[]): Promise<void> {
  for (const { socket } of subscribers) socket.close(1000);
  for (const each of subscribers) await each.closed;
}

/** Lets the head of the region find out how it was used. */
async function passDay(): Promise<void> {
  elapse(QUIET_REGION_MS + 60_000);
  await runDurableObjectAlarm(env.REGION_HEAD.getByName(regionHeadName(HUB, 'weur')));
}

describe('a stock client', () => {
  it('sees no difference between the hub, a head and a shard', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1', SHARD_SOCKETS: '1' });
    const seen: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const response = await handshake();
      seen.push([response.status, [...response.headers].sort()]);
      response.webSocket?.accept();
    }
    expect(new Set(seen.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(seen[0]).toEqual([101, expect.not.arrayContaining([['carillon-shards']])]);
    expect(await sockets(HUB)).toBe(1);
    expect(await sockets(regionHeadName(HUB, 'weur'))).toBe(1);
    const atShards = [1, 2, 3].map((shard) => sockets(shardName(HUB, 'weur', shard)));
    expect((await Promise.all(atShards)).toSorted()).toEqual([0, 1, 1]);
  });

  it('never sees a 421: it is told to try again if its Worker finds only full shards', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1', SHARD_SOCKETS: '1' });
    await subscribe();
    await subscribe();
    await subscribe();
    const wrong = { version: Number.MAX_SAFE_INTEGER, home: 'weur', shards: { weur: 1 } } as const;
    workerCaches.shardDirectories.set(HUB, wrong, Date.now());
    const response = await handshake();
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await response.json()).toEqual({
      errors: ['the shards of this event type near you are full; try again'],
    });
  });
});

it('a handshake is sent to two shards if they do not answer, and not to all', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  Object.assign(env, { SHARD_AT_SOCKETS: '1' });
  for (let from = 0; from < 4; from++) {
    await callShardedHub(env, HUB, (hub) => hub.setShards('weur', from, from + 1));
  }
  const asked = vi.spyOn(Replica.prototype, 'fetch').mockRejectedValue(new Error('no answer'));
  const response = await handshake();
  expect(response.status).toBe(503);
  expect(asked).toHaveBeenCalledTimes(2);
  asked.mockRestore();
});

describe('subscribers of one event type', () => {
  it('in two regions are served by the hub and by a head, and see the same events in the same order', async () => {
    Object.assign(env, { REGION_AT_SOCKETS: '1' });
    const atHub = [await subscribe(), await subscribe({ cf: SYDNEY })];
    const atHead = [await subscribe({ cf: SYDNEY }), await subscribe({ cf: SYDNEY })];
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await published('abc'));
    for (const each of [...atHub, ...atHead]) expect(await idsOf(each, 5)).toEqual(ids);
    expect(await sockets(HUB)).toBe(2);
    expect(await sockets(regionHeadName(HUB, 'oc'))).toBe(2);
    expect(await directory()).toMatchObject({ home: 'weur', shards: { oc: 1 } });
  });

  it('miss nothing and get nothing twice while shards come and events are published', async () => {
    // Within the window a stock client is given again what others like it have received.
    Object.assign(env, { SHARD_AT_SOCKETS: '2', SHARD_SOCKETS: '4', RECONNECT_WINDOW: '0s' });
    const ids: string[] = [];
    let isOver = false;
    const publishing = (async () => {
      while (!isOver) {
        ids.push(await published('abc'));
        await scheduler.wait(0);
      }
    })();
    const come = async () => {
      // Those published before the handshake was answered may or may not be seen.
      const before = ids.length;
      const subscriber = await subscribe();
      return { subscriber, before, after: ids.length };
    };
    const subscribers: Awaited<ReturnType<typeof come>>[] = [];
    try {
      for (let i = 0; i < 14; i++) subscribers.push(await come());
    } finally {
      isOver = true;
      await publishing;
    }
    // What was under way when the last one came may be from before its start.
    const last = await published('abc');
    ids.push(last);
    for (const { subscriber, before, after } of subscribers) {
      const got: string[] = [];
      do got.push(await subscriber.nextId());
      while (got.at(-1) !== last);
      const from = ids.indexOf(got[0] ?? '');
      expect(from).toBeGreaterThanOrEqual(before);
      // One that is under way when the 101 comes is not in `ids` yet.
      expect(from).toBeLessThanOrEqual(after + 1);
      expect(got).toEqual(ids.slice(from));
    }
    expect((await directory()).shards.weur).toBeGreaterThan(1);
    expect(await sockets(HUB)).toBe(2);
  });
});

describe('a token', () => {
  it('meets its other subscribers at one shard while that has room, and its lease is taken there', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1', SHARD_SOCKETS: '20' });
    await subscribe();
    const grow = (from: number) =>
      callShardedHub(env, HUB, (hub) => hub.setShards('weur', from, from + 1));
    for (let from = 0; from < 6; from++) await grow(from);
    const { token = '' } = await aHolder(LISTENER);
    const headers = { 'Sec-WebSocket-Protocol': SUBPROTOCOLS.json };
    for (let i = 0; i < 3; i++) await subscribe({ token });
    const subscriber = await subscribe({ token, headers });
    const { lease } = JSON.parse((await subscriber.next()) as string) as { lease: string };
    expect(lease).toBeDefined();
    const again = await handshake({
      token: '',
      headers: { 'Sec-WebSocket-Protocol': `${SUBPROTOCOLS.json}, ${lease}` },
    });
    expect(again.status).toBe(101);
    again.webSocket?.accept();
    const counts = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) => sockets(shardName(HUB, 'weur', n))),
    );
    expect(counts.toSorted()).toEqual([0, 0, 0, 0, 0, 5]);
  });
});

describe('a region', () => {
  it('gives its shards up after a day without a subscriber, and gets them again', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1', SHARD_SOCKETS: '2' });
    const atHub = await subscribe();
    const others = [await subscribe(), await subscribe(), await subscribe(), await subscribe()];
    const shards = (await directory()).shards.weur ?? 0;
    expect(shards).toBeGreaterThan(1);
    await closed(others);
    await passDay();
    expect((await directory()).shards).toEqual({ weur: shards });
    await passDay();
    expect((await directory()).shards).toEqual({ weur: 0 });
    workerCaches.shardDirectories.clear();
    await closed([atHub]);
    await subscribe();
    expect(await sockets(HUB)).toBe(1);
    const subscriber = await subscribe();
    expect((await directory()).shards).toEqual({ weur: 1 });
    const id = await published('abc');
    expect(await subscriber.nextId()).toBe(id);
  });

  it('keeps its shards while subscribers come and go', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1' });
    await subscribe();
    for (let day = 0; day < 4; day++) {
      const subscriber = await subscribe();
      await closed([subscriber]);
      await passDay();
    }
    expect((await directory()).shards).toEqual({ weur: 1 });
  });
});

describe('a Worker that knows an old directory', () => {
  it('goes where the hub had no shards yet, and is sent on', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1' });
    await subscribe();
    await subscribe();
    workerCaches.shardDirectories.clear();
    await subscribe();
    expect(await sockets(HUB)).toBe(1);
    expect(await sockets(regionHeadName(HUB, 'weur'))).toBe(2);
  });

  it('goes to the head that has shards by now, and is sent on', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1', SHARD_SOCKETS: '2' });
    await subscribe();
    await subscribe();
    const old = await directory();
    await subscribe();
    await vi.waitFor(async () => expect((await directory()).shards.weur).toBe(2));
    workerCaches.shardDirectories.clear();
    workerCaches.shardDirectories.set(HUB, old, Date.now());
    await subscribe();
    await subscribe();
    expect(await sockets(regionHeadName(HUB, 'weur'))).toBe(2);
  });

  it('goes to a region that has given its shards up, and its subscriber gets all events', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1' });
    await subscribe();
    workerCaches.shardDirectories.set(
      HUB,
      { version: 1, home: 'weur', shards: { weur: 1 } },
      Date.now(),
    );
    const subscriber = await subscribe();
    const id = await published('abc');
    expect(await subscriber.nextId()).toBe(id);
  });
});
