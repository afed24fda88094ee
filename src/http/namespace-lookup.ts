/** Which Vault namespace a path names, and whether it exists. */

import { childKey, ROOT } from '../namespace/namespace.ts';
import { callAuthority } from '../objects/stubs.ts';
import { workerCaches } from './worker-caches.ts';

/**
 * Asks the authority of each namespace above for the next one below it, so that no Durable Object is created for a
 * namespace that does not exist.
 *
 * @returns the key of the namespace; undefined if it does not exist
 */
export async function findNamespace(path: string, env: Env): Promise<string | undefined> {
  if (path === ROOT) return ROOT;
  const { namespaceKeys } = workerCaches;
  const now = Date.now();
  let key = ROOT;
  for (const name of path.split('/')) {
    const above = key;
    const id = await callAuthority(env, above, (authority) => authority.childId(name));
    if (id === undefined) {
      namespaceKeys.delete(path);
      return undefined;
    }
    key = childKey(above, name, id);
  }
  namespaceKeys.set(path, key, now);
  return key;
}

/** The same, if what this Worker found out some seconds ago is good enough. */
export async function findNamespaceCached(path: string, env: Env): Promise<string | undefined> {
  return knownNamespace(path) ?? (await findNamespace(path, env));
}

/** What this Worker found out some seconds ago. The root namespace always exists. */
export function knownNamespace(path: string): string | undefined {
  return path === ROOT ? ROOT : workerCaches.namespaceKeys.get(path, Date.now());
}
