/** A Carillon on one machine whose hub has shards in several regions. */
import type { Region } from '../../src/config/region.ts';
import type { SocketSet } from '../load/protocol.ts';
import { type ClassOf, setOf, tokenFor } from './carillon.ts';
import type { Server, Sharding } from './server.ts';

const REGION_HEADER = 'X-Carillon-Region';

/** Regions get shards only by `set-shards.ts`, and have room for whoever comes. */
export const SHARDING: Sharding = {
  variables: { SHARD_AT_SOCKETS: '32000', REGION_AT_SOCKETS: '32000', SHARD_SOCKETS: '32000' },
  regionHeader: REGION_HEADER,
};

export const THREE_REGIONS: readonly Region[] = ['weur', 'oc', 'enam'];

export const NINE_REGIONS: readonly Region[] = [
  ...THREE_REGIONS,
  'wnam',
  'sam',
  'eeur',
  'apac',
  'afr',
  'me',
];

/** 1: its head serves the region. More: as many shards do. */
export async function giveShards(
  { port }: Server,
  regions: readonly Region[],
  shards: number,
): Promise<void> {
  for (const region of regions) {
    const url = `http://127.0.0.1:${port}/shards?region=${region}&to=${shards}`;
    const response = await fetch(url, { method: 'POST' });
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  }
}

interface Crowd {
  readonly regions: readonly Region[];
  /** In each region. Each has its shard, by the hash of the token. */
  readonly tokens: number;
  readonly socketsOfAToken: number;
  /** Each token has one of them, in turns. */
  readonly classes: readonly ClassOf[];
}

/** Stock subscribers in regions. */
export async function socketSetsIn(server: Server, crowd: Crowd): Promise<SocketSet[]> {
  const { regions, tokens, socketsOfAToken, classes } = crowd;
  const sets: SocketSet[] = [];
  for (const region of regions) {
    for (let made = 0; made < tokens; made++) {
      const each = classes[made % classes.length];
      if (each === undefined) throw new Error('a crowd has a class at least');
      const token = await tokenFor(server, each.policy);
      const set = setOf(each, token, socketsOfAToken, 'stock');
      sets.push({ ...set, headers: { ...set.headers, [REGION_HEADER]: region } });
    }
  }
  return sets;
}
