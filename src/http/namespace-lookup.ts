/** Whether there is a Vault namespace, and which of those that had its name. */

import { TtlCache } from '../lib/ttl-cache.ts';
import { childKey, ROOT } from '../namespace/namespace.ts';
import { authorityName } from '../objects/authority-name.ts';
import { callWithRetry } from '../objects/call.ts';
import { LOOKUP_CACHE_MS } from '../objects/limits.ts';

const keys = new TtlCache<string>(LOOKUP_CACHE_MS);

/** Forgets what this Worker remembers of namespaces: one was deleted, or made in the place of another. */
export function forgetNamespaces(): void {
  keys.clear();
}

/**
 * Finds a namespace by asking the authority of each one above it, so that no object is touched of one
 * that does not exist.
 *
 * @param fresh whether what this Worker remembers is not enough
 * @returns its key; undefined where there is none
 */
export async function findNamespace(
  env: Env,
  path: string,
  fresh: boolean,
): Promise<string | undefined> {
  if (path === ROOT) return ROOT;
  const now = Date.now();
  const known = fresh ? undefined : keys.get(path, now);
  if (known !== undefined) return known;
  let key = ROOT;
  for (const name of path.split('/')) {
    const above = key;
    const id = await callWithRetry(() =>
      env.AUTHORITY.getByName(authorityName(above)).childId(name),
    );
    if (id === undefined) {
      keys.delete(path);
      return undefined;
    }
    key = childKey(above, name, id);
  }
  keys.set(path, key, now);
  return key;
}
