/**
 * Finds the object of a hub that serves a subscriber: the hub itself, or a shard near the client. An object that serves others
 * answers 421 and says which regions have how many shards. The isolate remembers that, so most handshakes are sent once.
 */

import { logError } from '../../../lib/log.ts';
import { isNamespaceDeleted } from '../../../objects/namespace-end.ts';
import {
  EMPTY_DIRECTORY,
  newerDirectory,
  parseRegion,
  placesOf,
  readDirectory,
} from '../../../objects/shard-directory.ts';
import { callSubscriberHub } from '../../../objects/stubs.ts';
import { encodeHandshake, type Handshake } from '../../../subscription/handshake.ts';
import { MAX_SHARD_ATTEMPTS } from '../../limits.ts';
import { workerCaches } from '../../worker-caches.ts';

/**
 * @param principal the sockets of one are at the same shard while that has room
 * @returns undefined if all shards that were tried are full
 * @throws if the hub, or all of these shards, cannot be reached
 */
export async function sendHandshake(
  hub: string,
  handshake: Handshake,
  principal: string,
  env: Env,
): Promise<Response | undefined> {
  const client = parseRegion(handshake.region);
  const send = (object: string) =>
    callSubscriberHub(env, object, (stub) => stub.fetch(encodeHandshake(handshake)));
  if (client === undefined) return send(hub);
  const tried = new Set<string>();
  let failure: unknown;
  while (tried.size < MAX_SHARD_ATTEMPTS) {
    const places = placesOf(hub, client, principal, knownDirectory(hub));
    const object = places.find((each) => !tried.has(each));
    if (object === undefined) break;
    tried.add(object);
    try {
      const response = await send(object);
      learn(hub, response);
      if (response.status !== 421) return response;
      await response.body?.cancel();
    } catch (error) {
      // The next one may serve the client, except for the hub, which sends it to these again.
      if (object === hub || isNamespaceDeleted(error)) throw error;
      // After two, it is their head, or the hub: each may have taken long not to answer.
      if (failure !== undefined) throw error;
      logError(`the shard ${object} cannot be reached`, error);
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

function knownDirectory(hub: string) {
  return workerCaches.shardDirectories.get(hub, Date.now()) ?? EMPTY_DIRECTORY;
}

function learn(hub: string, response: Response): void {
  const told = readDirectory(response);
  if (told === undefined || newerDirectory(told, knownDirectory(hub)) !== told) return;
  workerCaches.shardDirectories.set(hub, told, Date.now());
}
