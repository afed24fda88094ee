/** What the tests of region heads and shards share: subscribers of a region, and the objects that serve them. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Region } from '../../../src/config/region.ts';
import {
  hubName,
  parseReplicaName,
  regionHeadName,
  shardName,
  wildcardHubName,
} from '../../../src/objects/names.ts';
import { callShardedHub } from '../../../src/objects/stubs.ts';
import { encodeHandshake, type HandshakeToken } from '../../../src/subscription/handshake.ts';
import type { Client } from '../security-support.ts';
import { handshakeTo, Subscriber } from '../support.ts';

const REGION_HEADER = 'X-Carillon-Region';

export const REGION: Region = 'weur';

/** The name of the hub that a pattern is at. @param key of its Vault namespace */
export function hubOfPattern(pattern: string, key = ''): string {
  return pattern.includes('*') ? wildcardHubName(key) : hubName(key, pattern.split('/')[0] ?? '');
}

/** What serves subscribers of the region: the head, or so many shards. */
export function replicasOf(hub: string, shards: number): string[] {
  return shards === 1
    ? [regionHeadName(hub, REGION)]
    : Array.from({ length: shards }, (_, index) => shardName(hub, REGION, index + 1));
}

/** Gives the region of a hub so many shards. With one, its head serves it. */
export async function giveShards(hub: string, shards: number): Promise<void> {
  Object.assign(env, { REGION_HEADER, SHARD_AT_SOCKETS: '1000', REGION_AT_SOCKETS: '1000' });
  for (let number = 0; number < shards; number++) {
    await callShardedHub(env, hub, (stub) => stub.setShards(REGION, number, number + 1));
  }
}

export function replica(name: string) {
  return parseReplicaName(name)?.shard === undefined
    ? env.REGION_HEAD.getByName(name)
    : env.SHARD.getByName(name);
}

export function handshakeFrom(
  region: Region,
  client: Client,
  pattern: string,
  query = 'json=true',
  protocols: readonly string[] = [],
): Promise<Response> {
  return client.fetch(`sys/events/subscribe/${encodeURIComponent(pattern)}?${query}`, {
    headers: {
      Upgrade: 'websocket',
      [REGION_HEADER]: region,
      ...(protocols.length > 0 && { 'Sec-WebSocket-Protocol': protocols.join() }),
    },
  });
}

export async function subscribeFrom(
  region: Region,
  client: Client,
  pattern: string,
  query?: string,
): Promise<Subscriber> {
  const response = await handshakeFrom(region, client, pattern, query);
  if (response.webSocket === null) {
    throw new Error(`subscribe answered ${response.status}: ${await response.text()}`);
  }
  return new Subscriber(response.webSocket);
}

/** A subscriber with the root token at a replica that the Worker would perhaps not choose. */
export async function subscribeAt(
  name: string,
  pattern: string,
  namespace = '',
  token?: HandshakeToken,
): Promise<Subscriber> {
  const { subscription } = handshakeTo(pattern);
  const asked = { ...subscription, namespaces: [namespace] };
  const request = encodeHandshake({ ...handshakeTo(pattern), subscription: asked, token });
  const { webSocket, status } = await replica(name).fetch(request);
  if (webSocket === null) throw new Error(`${name} answered ${status}`);
  return new Subscriber(webSocket);
}

/** How many sockets the objects have together. */
export async function socketsAt(names: readonly string[]): Promise<number> {
  let sockets = 0;
  for (const name of names) sockets += await replica(name).countSubscribers();
  return sockets;
}

/** Has them hibernate, unless they do already. */
export async function sleepAll(names: readonly string[]): Promise<void> {
  for (const name of names) {
    await evictDurableObject(replica(name), { webSockets: 'hibernate' }).catch((error: Error) => {
      if (!error.message.includes('not currently running'))
        throw new Error(`${name}: ${error.message}`);
    });
  }
}

/** What an object has stored: its tables with rows, and its entries. */
export async function storedAt(stub: DurableObjectStub): Promise<string[]> {
  return runInDurableObject(stub, (_object, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>(
        `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'`,
      )
      .toArray()
      .map(({ name }) => `table ${name}`);
    return [...tables, ...[...storage.kv.list()].map(([key]) => `entry ${key}`)];
  });
}
