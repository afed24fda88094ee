/** Which Vault namespace a path names, and whether it exists. */

import {
  childKey,
  isWithin,
  pathFrom,
  pathOfKey,
  ROOT,
  trimSlashes,
} from '../namespace/namespace.ts';
import type { LookUp } from '../objects/authority-contract.ts';
import { isNamespaceDeleted } from '../objects/namespace-end.ts';
import { type Found, lookUp } from './authority-look-ups.ts';
import { workerCaches } from './worker-caches.ts';

/** How old what a Worker remembers of a namespace may be: as of which time it is known. Unix milliseconds. */
export interface Freshness {
  /** Of an id. If its namespace was deleted since, the objects of the namespace say so. */
  readonly id: number;
  /** Of the fact that there is no namespace. Nobody says so if one was made since. */
  readonly absence: number;
}

/** What the request itself found out is good enough. @param asked when the request came. Unix milliseconds */
export function fresh(asked = Date.now()): Freshness {
  return { id: asked, absence: asked };
}

/** The same, and an id that this Worker has cached. */
export function cached(asked = Date.now()): Freshness {
  return { id: 0, absence: asked };
}

/**
 * Asks the authority of each namespace above for the next one below it, so that no Durable Object is created for a
 * namespace that does not exist.
 *
 * @returns the key of the namespace; undefined if it does not exist
 */
export async function findNamespace(
  path: string,
  env: Env,
  freshness = fresh(),
): Promise<string | undefined> {
  return unlessDeleted(freshness, async (since) => {
    const known = recall(path, since);
    if (known !== null) return known;
    const slash = path.lastIndexOf('/');
    const above = await findNamespace(path.slice(0, Math.max(0, slash)), env, since);
    if (above === undefined) return undefined;
    const name = path.slice(slash + 1);
    const remember = childMemory(above, name);
    return remember((await lookUp(above, { child: name }, env)).childId);
  });
}

/**
 * Asks an authority by a cached id of its namespace. If the namespace was deleted, this Worker forgets what it has cached,
 * and asks again without.
 *
 * @returns undefined if the namespace does not exist
 */
export async function unlessDeleted<T>(
  freshness: Freshness,
  ask: (freshness: Freshness) => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await ask(freshness);
  } catch (error) {
    if (!isNamespaceDeleted(error)) throw error;
    workerCaches.namespaceDeleted();
    return freshness.id === 0 ? unlessDeleted(fresh(), ask) : undefined;
  }
}

/**
 * Asks an authority about a token or a ticket, and in the same call for the id of the namespace directly below its own, on
 * the way to that of the request.
 *
 * @param authority the key of its namespace. @param namespace the path of the namespace of the request
 */
export async function lookUpTowards(
  namespace: string,
  authority: string,
  asked: LookUp,
  env: Env,
): Promise<Found> {
  const child = childTowards(namespace, authority);
  if (child === undefined) return lookUp(authority, asked, env);
  const remember = childMemory(authority, child);
  const found = await lookUp(authority, { ...asked, child }, env);
  // The authority tells a stranger no id.
  if ((found.token ?? found.ticket) !== undefined) remember(found.childId);
  return found;
}

function childTowards(namespace: string, authority: string): string | undefined {
  const above = pathOfKey(authority);
  if (namespace === above || !isWithin(namespace, above)) return undefined;
  return trimSlashes(namespace.slice(above.length)).split('/')[0];
}

/** @returns the key; undefined if there is no such namespace; null if nobody knows */
function recall(path: string, { id, absence }: Freshness): string | undefined | null {
  if (path === ROOT) return ROOT;
  const now = Date.now();
  const { namespaceKeys, missingNamespaces } = workerCaches;
  if (missingNamespaces.get(path, now, absence)) return undefined;
  return namespaceKeys.get(path, now, id) ?? null;
}

/**
 * What to do with the id of a child, once an authority has answered.
 *
 * @param above the key of the namespace above
 * @returns takes the id, and returns the key of the child
 */
function childMemory(above: string, name: string): (id: string | undefined) => string | undefined {
  const { namespaceKeys, missingNamespaces } = workerCaches;
  const path = pathFrom(ROOT, pathOfKey(above), name);
  const { generation } = namespaceKeys;
  const missingGeneration = missingNamespaces.generation;
  const now = Date.now();
  return (id) => {
    if (id === undefined) {
      namespaceKeys.delete(path);
      missingNamespaces.set(path, true, now, missingGeneration);
      return undefined;
    }
    missingNamespaces.delete(path);
    const key = childKey(above, name, id);
    namespaceKeys.set(path, key, now, generation);
    return key;
  };
}

/** What this Worker found out some time ago. The root namespace always exists. */
export function knownNamespace(path: string): string | undefined {
  return path === ROOT ? ROOT : workerCaches.namespaceKeys.get(path, Date.now());
}
