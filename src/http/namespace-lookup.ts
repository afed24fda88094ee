/** Which Vault namespace a path names, and whether it exists. */

import { childKey, ROOT } from '../namespace/namespace.ts';
import { callAuthority } from '../objects/stubs.ts';
import { workerCaches } from './worker-caches.ts';

/**
 * Asks the authority of each namespace above for the next one below it, so that no Durable Object is created for a
 * namespace that does not exist.
 *
 * @param isFresh whether to bypass what this Worker found out some seconds ago
 * @returns the key of the namespace; undefined if there is none
 */
export async function findNamespace(
  env: Env,
  path: string,
  isFresh: boolean,
): Promise<string | undefined> {
  if (path === ROOT) return ROOT;
  const { namespaceKeys } = workerCaches;
  const now = Date.now();
  const known = isFresh ? undefined : namespaceKeys.get(path, now);
  if (known !== undefined) return known;
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
