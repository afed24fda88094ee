/** Which subscribers a hub serves itself, and when their regions get shards. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import type { Region } from '../../src/config/region.ts';
import { eventBatch } from '../../src/event/event-batch.ts';
import { QUIET_REGION_MS } from '../../src/hub/limits.ts';
import { hubName } from '../../src/objects/names.ts';
import { callShardedHub } from '../../src/objects/stubs.ts';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { it } from './fixtures.ts';
import { record } from './journal-support.ts';
import { elapse } from './security-support.ts';
import { handshakeTo, hubStub, published, wildcardHubStub } from './support.ts';

/** @param region undefined for a Worker of an earlier release */
async function come(region: Region | undefined, stub: DurableObjectStub = hubStub('abc')) {
  const handshake = { ...handshakeTo('abc'), ...(region && { region }) };
  const response = await stub.fetch(encodeHandshake(handshake));
  response.webSocket?.accept();
  if (response.status !== 101) await response.text();
  return response;
}

async function statuses(regions: readonly (Region | undefined)[], stub?: DurableObjectStub) {
  const found: number[] = [];
  for (const region of regions) {
    const { status } = await come(region, stub);
    found.push(status);
  }
  return found;
}

function directory() {
  return callShardedHub(env, hubName('', 'abc'), (hub) => hub.shardDirectory());
}

describe.each([
  ['the hub of an event-type namespace', () => hubStub('abc')],
  ['a wildcard hub', wildcardHubStub],
])('%s', (_kind, stub) => {
  it('serves the first clients of its own region, and sends the next to shards', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '3' });
    expect(await statuses(['weur', 'any', 'weur', 'weur', 'any'], stub())).toEqual([
      101, 101, 101, 421, 421,
    ]);
    expect(await stub().shardDirectory()).toMatchObject({ home: 'weur', shards: { weur: 1 } });
  });

  it('serves fewer clients of each other region', async () => {
    Object.assign(env, { REGION_AT_SOCKETS: '2' });
    expect(await statuses(['weur', 'oc', 'afr', 'oc', 'oc', 'afr', 'weur'], stub())).toEqual([
      101, 101, 101, 101, 421, 101, 101,
    ]);
    expect(await stub().shardDirectory()).toMatchObject({ home: 'weur', shards: { oc: 1 } });
  });

  it('still knows all of it after it was evicted', async () => {
    Object.assign(env, { REGION_AT_SOCKETS: '2' });
    await statuses(['weur', 'oc', 'oc', 'oc', 'afr'], stub());
    const known = await stub().shardDirectory();
    await evictDurableObject(stub());
    expect(await statuses(['oc', 'afr', 'afr', 'weur'], stub())).toEqual([421, 101, 421, 101]);
    expect(known).toMatchObject({ shards: { oc: 1 } });
    expect(await stub().shardDirectory()).toMatchObject({ shards: { oc: 1, afr: 1 } });
  });
});

describe('a hub', () => {
  it('tells the directory with each answer once it has shards', async () => {
    Object.assign(env, { REGION_AT_SOCKETS: '1' });
    const before = await come('weur');
    expect(before.headers.get('Carillon-Shards')).toBeNull();
    await come('oc');
    const sentAway = await come('oc');
    const after = await come('weur');
    for (const { headers } of [sentAway, after]) {
      expect(JSON.parse(headers.get('Carillon-Shards') ?? '')).toEqual(await directory());
    }
  });

  it('gives a slot back when its socket closes, and does not get shards by reconnecting', async () => {
    Object.assign(env, { REGION_AT_SOCKETS: '2' });
    await come('weur');
    for (let i = 0; i < 6; i++) {
      const { status, webSocket } = await come('oc');
      expect(status).toBe(101);
      const closed = new Promise((resolve) => webSocket?.addEventListener('close', resolve));
      webSocket?.close();
      await closed;
    }
    expect(await directory()).toMatchObject({ shards: {} });
  });

  it('does not serve more than it may while handshakes race', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '5' });
    const racing = await Promise.all(Array.from({ length: 20 }, () => come('weur')));
    expect(racing.filter(({ status }) => status === 101)).toHaveLength(5);
    expect(racing.filter(({ status }) => status === 421)).toHaveLength(15);
  });

  it('serves all clients of a Worker that knows no shards', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1', REGION_AT_SOCKETS: '1' });
    expect(await statuses(['weur', 'weur', undefined, undefined, 'weur'])).toEqual([
      101, 421, 101, 101, 421,
    ]);
  });

  it('serves all clients, and stores nothing, if SHARD_AT_SOCKETS is 0', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '0', REGION_AT_SOCKETS: '1' });
    expect(await statuses(['weur', 'oc', 'oc', 'oc'])).toEqual([101, 101, 101, 101]);
    expect(await directory()).toEqual({ version: 0, home: undefined, shards: {} });
  });

  it('is at LOCATION, or else at no region if shards may not stand there', async () => {
    Object.assign(env, { LOCATION: 'apac-ne', SHARD_AT_SOCKETS: '1' });
    expect(await statuses(['weur', 'apac', 'any'])).toEqual([101, 421, 421]);
    expect(await directory()).toMatchObject({ home: 'apac', shards: { apac: 1 } });
  });

  it('counts clients where no shards may stand to its own region', async () => {
    Object.assign(env, { SHARD_REGIONS: 'weur', SHARD_AT_SOCKETS: '2' });
    await come('oc');
    expect(await directory()).toMatchObject({ home: 'any' });
  });

  it('is where its first publisher is', async () => {
    const events = eventBatch([record('a')]);
    await hubStub('abc').publishAll([{ owner: 'o', events, region: 'sam' }]);
    await come('weur');
    expect(await directory()).toMatchObject({ home: 'sam' });
  });

  it('changes nothing for a region that has another number by now', async () => {
    const set = (from: number, to: number) =>
      callShardedHub(env, hubName('', 'abc'), (hub) => hub.setShards('weur', from, to));
    // A hub without subscribers and events is forgotten.
    await come('sam');
    const first = await set(0, 1);
    expect(first.shards).toEqual({ weur: 1 });
    expect(await set(0, 1)).toEqual(first);
    const second = await set(1, 2);
    expect(second.version).toBeGreaterThan(first.version);
    expect(await set(1, 2)).toEqual(second);
    for (const wrong of [-1, 1.5, 501]) expect(await set(2, wrong)).toEqual(second);
    expect((await set(2, 0)).shards).toEqual({ weur: 0 });
  });
});

describe('a hub that is not there any more', () => {
  it('is not made by a head that gives its region up', async () => {
    const set = (from: number, to: number) =>
      callShardedHub(env, hubName('', 'abc'), (hub) => hub.setShards('weur', from, to));
    expect((await set(2, 0)).shards).toEqual({});
    expect(await hubStub('abc').state()).toMatchObject({ state: 'empty' });
  });

  it('takes the shards of a region back if it was only released', async () => {
    Object.assign(env, { SHARD_AT_SOCKETS: '1' });
    await published('abc', { id: 'a' });
    const { webSocket } = await come('any');
    await come('any');
    webSocket?.close(1000);
    await vi.waitFor(async () => {
      elapse(2 * QUIET_REGION_MS);
      await runDurableObjectAlarm(hubStub('abc'));
      expect(await hubStub('abc').state()).toMatchObject({ state: 'empty' });
    });
    const known = await directory();
    expect(known.shards).toEqual({ any: 1 });
    const set = (from: number, to: number) =>
      callShardedHub(env, hubName('', 'abc'), (hub) => hub.setShards('any', from, to));
    expect((await set(1, 0)).shards).toEqual({ any: 0 });
    expect(await directory()).toEqual(await set(0, 0));
  });
});
