/** The mounts of the upstream. What it says of one is cached. */

import type { MountFacts } from '../../ingest/exchange/mount-facts.ts';
import type { Upstream } from '../../outbound/upstream/address.ts';
import { inTime } from '../../outbound/upstream/in-time.ts';
import { lookUpMount } from '../../outbound/upstream/mount-lookup.ts';
import { MAX_MOUNT_SEGMENTS } from '../limits.ts';
import { workerCaches } from '../worker-caches.ts';

/**
 * The mount that a path begins with, if it is cached. No mount is within another. Anyone may send a path of thousands of
 * segments, so only the first ones are looked at.
 */
export function knownMount(namespace: string, path: string): MountFacts | undefined {
  const now = Date.now();
  let slash = path.indexOf('/');
  for (let segments = 0; slash !== -1 && segments < MAX_MOUNT_SEGMENTS; segments++) {
    const known = workerCaches.mounts.get(`${namespace}\n${path.slice(0, slash + 1)}`, now);
    if (known !== undefined) return known;
    slash = path.indexOf('/', slash + 1);
  }
  return undefined;
}

export async function askForMount(
  namespace: string,
  path: string,
  token: string,
  upstream: Upstream,
): Promise<MountFacts | undefined> {
  const mount = await inTime((signal) => lookUpMount({ token, namespace, path }, upstream, signal));
  if (mount !== undefined) {
    workerCaches.mounts.set(`${namespace}\n${mount.prefix}`, mount, Date.now());
  }
  return mount;
}
