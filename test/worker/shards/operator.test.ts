/** What an operator sees of the region heads and shards of a hub. */
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import type { Region } from '../../../src/config/region.ts';
import { MAX_LISTED_HUBS } from '../../../src/http/limits.ts';
import type { MetricsSummary } from '../../../src/metrics/summary.ts';
import { callReplica, callShardedHub } from '../../../src/objects/stubs.ts';
import { RegionHead, Shard } from '../../../src/worker.ts';
import { it } from '../fixtures.ts';
import { aHolder, type Client, LISTENER, root } from '../security-support.ts';

const SUBSCRIPTIONS = 'sys/events/subscriptions';
const EXPLAIN = 'sys/events/explain';
const EVENT = { event_type: 'abc', metadata: { path: 'secret/a', operation: 'write' } };

interface Listed {
  readonly keys: readonly string[];
  readonly key_info: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly next?: string;
}

interface HubView {
  readonly subscribers: number;
  readonly home?: string;
  readonly regions?: readonly {
    readonly region: string;
    readonly subscribers?: number;
    readonly lag: number;
    readonly problem?: string;
    readonly shards: readonly Readonly<Record<string, unknown>>[];
  }[];
}

/** Says that a region has so many shards. A hub that has nothing has none, so each test begins with a subscriber of it. */
async function withShards(region: Region, shards: number, hub = '/abc'): Promise<void> {
  await callShardedHub(env, hub, (stub) => stub.setShards(region, 0, shards));
}

async function subscribeFrom(region: Region, client: Client = root, pattern = 'abc') {
  Object.assign(env, { REGION_HEADER: 'X-Region', SHARD_AT_SOCKETS: '1000' });
  const response = await client.fetch(`sys/events/subscribe/${pattern}?json=true`, {
    headers: { Upgrade: 'websocket', 'X-Region': region },
  });
  expect(response.status).toBe(101);
  response.webSocket?.accept();
  return response.webSocket;
}

/** The last page may be empty, which is a 404 as for every list. */
async function list(query = ''): Promise<Listed> {
  const response = await root.get(`${SUBSCRIPTIONS}${query}`);
  if (response.status === 404) return { keys: [], key_info: {} };
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: Listed }).data;
}

async function walk(limit: number): Promise<string[]> {
  const keys: string[] = [];
  for (let after = ''; ; ) {
    const { keys: some, next } = await list(`?limit=${limit}${after}`);
    keys.push(...some);
    if (next === undefined) return keys;
    after = `&after=${next}`;
  }
}

async function hubView(): Promise<HubView> {
  return (await root.reads('sys/events/hubs/abc')).data as unknown as HubView;
}

describe('the state of a hub', () => {
  it('has its regions, their shards, and how many subscribers each has', async () => {
    await subscribeFrom('weur');
    await withShards('oc', 1);
    await withShards('sam', 3);
    await subscribeFrom('oc');
    for (let i = 0; i < 5; i++) await subscribeFrom('sam', await aHolder(LISTENER));
    const view = await hubView();
    expect(view).toMatchObject({ subscribers: 1, home: 'weur' });
    expect(view.regions).toMatchObject([
      { region: 'sam', subscribers: 5, lag: 0, shards: [{ shard: 1 }, { shard: 2 }, { shard: 3 }] },
      { region: 'oc', subscribers: 1, lag: 0, shards: [] },
    ]);
  });

  it('has no regions if the hub serves all of its subscribers', async () => {
    await subscribeFrom('weur');
    expect(await hubView()).not.toHaveProperty('regions');
  });

  it('says which region or shard does not answer, and shows the others', async () => {
    await subscribeFrom('weur');
    await withShards('oc', 1);
    await withShards('sam', 2);
    await subscribeFrom('sam');
    await subscribeFrom('oc');
    const region = vi.spyOn(RegionHead.prototype, 'region');
    region.mockImplementationOnce(() => Promise.reject(new Error('broken')));
    const { regions: first = [] } = await hubView();
    expect(first.filter(({ problem }) => problem?.includes('broken'))).toHaveLength(1);
    expect(first.filter(({ problem }) => problem === undefined)).toHaveLength(1);
    vi.spyOn(Shard.prototype, 'countSubscribers').mockImplementationOnce(() => {
      throw new Error('damaged');
    });
    const { regions: second = [] } = await hubView();
    const shards = second.flatMap((each) => each.shards);
    expect(shards.filter(({ problem }) => String(problem).includes('damaged'))).toHaveLength(1);
    expect(second.every(({ problem }) => problem === undefined)).toBe(true);
  });
});

describe('the list of subscriptions', () => {
  it('has those of heads and shards after those of their hub, each once on all pages', async () => {
    await subscribeFrom('weur');
    await withShards('oc', 1);
    await withShards('sam', 3);
    await subscribeFrom('weur', root, 'a*');
    await withShards('weur', 1, '/');
    for (const region of ['oc', 'sam', 'sam', 'sam', 'sam'] as const) {
      await subscribeFrom(region, await aHolder(LISTENER));
    }
    await subscribeFrom('weur', root, 'a*');
    await subscribeFrom('weur', root, 'zzz');
    const { keys, key_info } = await list();
    const holders = keys.map((key) => key.split('.')[0]);
    const atShards = holders.slice(3, 7);
    expect(atShards.every((each) => /^abc~sam-[123]$/.test(each ?? ''))).toBe(true);
    expect(holders).toEqual(['*', '*~weur', 'abc', ...atShards.toSorted(), 'abc~oc', 'zzz']);
    expect(key_info[keys[3] ?? '']).toMatchObject({ hub: 'abc', region: 'sam' });
    expect(key_info[keys.at(-2) ?? '']).toMatchObject({ hub: 'abc', region: 'oc', shard: null });
    for (const limit of [1, 2, 3, 7]) expect(await walk(limit)).toEqual(keys);
    const { keys: ofHub } = await list('?hub=abc');
    expect(ofHub).toEqual(keys.filter((key) => key.startsWith('abc')));
  });

  it('asks a limited number of objects for a page, and goes on in the middle of a region', async () => {
    await subscribeFrom('weur');
    await withShards('sam', 90);
    await subscribeFrom('sam');
    const asked = vi.spyOn(Shard.prototype, 'subscriptions');
    const pages: string[] = [];
    const found: string[] = [];
    for (let after = ''; ; ) {
      asked.mockClear();
      const { keys, next } = await list(after);
      expect(asked.mock.calls.length).toBeLessThanOrEqual(MAX_LISTED_HUBS);
      found.push(...keys);
      if (next === undefined) break;
      pages.push(next);
      after = `?after=${next}`;
    }
    expect(found).toHaveLength(2);
    // The wildcard hub, the hub and the head are three of them.
    expect(pages[0]).toBe('abc~sam-29.*');
    expect(pages).toHaveLength(2);
  });

  it('has an id by which one at a shard is closed', async () => {
    await subscribeFrom('weur');
    await withShards('sam', 2);
    const socket = await subscribeFrom('sam');
    const closed = new Promise<number>((resolve) =>
      socket?.addEventListener('close', ({ code }) => resolve(code)),
    );
    const [, id = ''] = (await list()).keys;
    expect(id).toMatch(/^abc~sam-[12]\./);
    await root.removes(`${SUBSCRIPTIONS}/${id}`);
    expect(await closed).toBe(1013);
    expect((await root.delete(`${SUBSCRIPTIONS}/${id}`)).status).toBe(404);
  });
});

describe('an explanation', () => {
  it('says at which shard a subscription is, and at which objects those of a token are', async () => {
    const holder = await aHolder(LISTENER);
    await subscribeFrom('weur', holder);
    await withShards('sam', 2);
    await subscribeFrom('sam', holder);
    const subscription = (await list()).keys.find((key) => key.startsWith('abc~')) ?? '';
    const { data } = await root.writes(EXPLAIN, { event: EVENT, subscription });
    const atShard = { namespace: '', hub: 'abc', region: 'sam', shard: expect.any(Number) };
    expect(data).toMatchObject({ delivered: true, held_by: [atShard] });
    const accessor = holder.auth.accessor;
    const { data: ofToken } = await root.writes(EXPLAIN, {
      event: EVENT,
      pattern: 'abc',
      accessor,
    });
    expect(ofToken.held_by).toEqual(
      expect.arrayContaining([{ namespace: '', hub: 'abc', region: null, shard: null }, atShard]),
    );
  });
});

describe('metrics', () => {
  const samplesOf = ({ Gauges, Counters }: MetricsSummary, name: string) =>
    [...Gauges, ...Counters].filter(({ Name }) => Name === name);
  const summary = async () => (await (await root.get('sys/metrics')).json()) as MetricsSummary;

  it('count each socket and each delivery at the object where it is', async () => {
    await subscribeFrom('weur');
    await withShards('sam', 2);
    await subscribeFrom('sam');
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 60_000);
    await root.published('abc');
    await vi.waitFor(async () => {
      const shown = await summary();
      const sockets = samplesOf(shown, 'carillon.sockets') as MetricsSummary['Gauges'];
      const bySource = new Map<string, number>();
      for (const { Labels, Value } of sockets) {
        if (Labels.hub !== 'abc') continue;
        const source = `${Labels.region ?? 'hub'}-${Labels.shard ?? ''}`;
        bySource.set(source, (bySource.get(source) ?? 0) + Value);
      }
      expect([...bySource.values()].reduce((sum, value) => sum + value, 0)).toBe(2);
      expect(bySource.get('hub-')).toBe(1);
      expect(samplesOf(shown, 'carillon.region.shards')).toMatchObject([
        { Value: 2, Labels: { hub: 'abc', region: 'sam' } },
      ]);
      expect(samplesOf(shown, 'carillon.region.lag')).toMatchObject([
        { Labels: { hub: 'abc', region: 'sam' } },
      ]);
    });
  });

  it('forget a shard that has gone', async () => {
    await subscribeFrom('weur');
    await withShards('sam', 2);
    await subscribeFrom('sam');
    const ofShards = async () =>
      samplesOf(await summary(), 'carillon.classes').filter(({ Labels }) => Labels.shard);
    await vi.waitFor(async () => expect(await ofShards()).toHaveLength(1));
    await callReplica(env, '/abc#sam-1', (stub) => stub.wipe());
    await callReplica(env, '/abc#sam-2', (stub) => stub.wipe());
    await vi.waitFor(async () => expect(await ofShards()).toEqual([]));
  });
});
