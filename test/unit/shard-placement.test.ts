/** Where a subscriber is served, by what the hub, its replicas and the Worker know. */
import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/config/region.ts';
import { parseSharding } from '../../src/config/sharding.ts';
import { needsShard, socketsAtHub } from '../../src/hub/shards/placement/placement-rule.ts';
import type { ShardDirectory } from '../../src/objects/replica-contract.ts';
import {
  EMPTY_DIRECTORY,
  newerDirectory,
  placesOf,
  readDirectory,
  removeDirectory,
  writeDirectory,
} from '../../src/objects/shard-directory.ts';
import { accepted } from './support/result.ts';

const HUB = '/kv-v2';

function directory(home: Region | undefined, shards: ShardDirectory['shards'] = {}) {
  return { version: 1, home, shards };
}

describe('a hub', () => {
  const sharding = accepted(parseSharding({ SHARD_AT_SOCKETS: '50', REGION_AT_SOCKETS: '7' }));
  const none = accepted(parseSharding({ SHARD_AT_SOCKETS: '0' }));

  it.each<[Region, ShardDirectory, number]>([
    ['weur', directory('weur'), 50],
    ['any', directory('weur'), 50],
    ['oc', directory('weur'), 7],
    // Nobody knows where the hub is.
    ['any', directory(undefined), 50],
    ['any', directory('any'), 50],
    ['weur', directory('any'), 7],
    // Its shards serve them.
    ['weur', directory('weur', { weur: 1 }), 0],
    ['any', directory('weur', { weur: 3 }), 0],
    ['oc', directory('weur', { weur: 3 }), 7],
    ['oc', directory('weur', { oc: 1 }), 0],
    // It had shards.
    ['oc', directory('weur', { oc: 0 }), 7],
  ])('serves clients in %s by %j up to %d', (client, known, sockets) => {
    expect(socketsAtHub(client, known, sharding)).toBe(sockets);
    expect(socketsAtHub(client, known, none)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a region', () => {
  it.each<[number, number[], boolean]>([
    [1, [74], false],
    [1, [75], true],
    [2, [75, 74], false],
    [2, [75, 75], true],
    [4, [], false],
    [4, [99, 99, 99], false],
    // One is full, and those that prefer it are sent on.
    [2, [100, 0], true],
    [4, [100, 50, 49], false],
    [4, [100, 50, 50], true],
  ])('with %d shards of %j sockets gets another: %s', (shards, loads, needed) => {
    expect(needsShard(shards, loads, 100)).toBe(needed);
  });
});

describe('the objects that may serve a client', () => {
  const places = (client: Region, known: ShardDirectory) => placesOf(HUB, client, 'a', known);

  it('are the hub without shards in its region', () => {
    expect(places('weur', EMPTY_DIRECTORY)).toEqual([HUB]);
    expect(places('weur', directory('oc', { oc: 2, weur: 0 }))).toEqual([HUB]);
  });

  it('are the head, and then the hub, with one', () => {
    expect(places('weur', directory('oc', { weur: 1 }))).toEqual(['/kv-v2#weur', HUB]);
  });

  it('are those of the region of the hub for a client of which nobody knows the region', () => {
    expect(places('any', directory('oc', { oc: 1 }))).toEqual(['/kv-v2#oc', HUB]);
    expect(places('any', directory(undefined, { any: 1 }))).toEqual(['/kv-v2#any', HUB]);
  });

  it('are four of its shards, in the order that the principal prefers, and never the head', () => {
    const known = directory('oc', { weur: 9 });
    const chosen = places('weur', known);
    expect(chosen).toHaveLength(5);
    expect(chosen.at(-1)).toBe(HUB);
    for (const name of chosen.slice(0, 4)) expect(name).toMatch(/^\/kv-v2#weur-[1-9]$/);
    expect(places('weur', known)).toEqual(chosen);
    const first = (principal: string) => placesOf(HUB, 'weur', principal, known)[0];
    expect(new Set(['a', 'b', 'c', 'd', 'e', 'f'].map(first)).size).toBeGreaterThan(1);
  });
});

describe('a directory', () => {
  it('is replaced by one of a higher version only', () => {
    const [older, newer] = [directory('oc'), { ...directory('oc', { oc: 1 }), version: 2 }];
    expect(newerDirectory(older, newer)).toBe(newer);
    expect(newerDirectory(newer, older)).toBe(newer);
  });

  it('travels in a header of an answer', () => {
    const response = new Response();
    const known = directory('oc', { oc: 2, weur: 0 });
    writeDirectory(response, known);
    expect(readDirectory(response)).toEqual(known);
    removeDirectory(response.headers);
    expect([...response.headers]).toEqual([]);
    expect(readDirectory(response)).toBeUndefined();
  });

  it('is not sent if the hub never had shards', () => {
    const response = new Response();
    writeDirectory(response, directory('oc'));
    expect([...response.headers]).toEqual([]);
  });
});
