/**
 * The directory of a hub's shards, as it travels: objects send it with what they answer, and Workers cache it. Several versions are
 * under way at a time, and the highest counts.
 */

import { isRegion, type Region } from '../config/region.ts';
import { byPreference } from '../lib/rendezvous.ts';
import { regionHeadName, shardNames } from './names.ts';
import type { ShardDirectory } from './replica-contract.ts';

export const EMPTY_DIRECTORY: ShardDirectory = { version: 0, home: undefined, shards: {} };

/** The header of a 101 or 421 of a hub or a replica. The Worker removes it: clients never see it. */
const HEADER = 'Carillon-Shards';

export function newerDirectory(a: ShardDirectory, b: ShardDirectory): ShardDirectory {
  return b.version > a.version ? b : a;
}

/** The region to which a client belongs. One that may have no shards, or is unknown, belongs to that of the hub itself. */
export function regionOfSubscriber(client: Region, { home = 'any' }: ShardDirectory): Region {
  return client === 'any' ? home : client;
}

/** How many shards a region has; 0 if the hub serves it. */
export function shardsIn({ shards }: ShardDirectory, region: Region): number {
  return shards[region] ?? 0;
}

/** Says in the answer to a handshake where others are to go. Without shards there is nothing to say. */
export function writeDirectory({ headers }: Response, directory: ShardDirectory): void {
  if (Object.keys(directory.shards).length > 0) headers.set(HEADER, JSON.stringify(directory));
}

/** @returns undefined if an answer does not say it */
export function readDirectory({ headers }: Response): ShardDirectory | undefined {
  const text = headers.get(HEADER);
  return text === null ? undefined : (JSON.parse(text) as ShardDirectory);
}

export function removeDirectory(headers: Headers): void {
  headers.delete(HEADER);
}

/** Shards that are tried for one subscriber: with so many full ones, the region has too few. */
const MAX_PREFERRED = 4;

/**
 * The objects that may serve a client, the one that should first. The hub is the last: it knows the newest directory.
 *
 * @param principal the same for all sockets that should be at one shard
 */
export function placesOf(
  hub: string,
  client: Region,
  principal: string,
  directory: ShardDirectory,
): string[] {
  const region = regionOfSubscriber(client, directory);
  const shards = shardsIn(directory, region);
  if (shards === 0) return [hub];
  if (shards === 1) return [regionHeadName(hub, region), hub];
  return [...byPreference(principal, shardNames(hub, region, shards)).slice(0, MAX_PREFERRED), hub];
}

/** A region that another object sent. */
export function parseRegion(text = ''): Region | undefined {
  return isRegion(text) ? text : undefined;
}
