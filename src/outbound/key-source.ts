/** The keys of issuers, cached between logins. */
import { createLocalJWKSet } from 'jose';
import { LruCache } from '../lib/caches.ts';
import { type Failure, ok, type Result } from '../lib/result.ts';
import type { RemoteKeys, StaticKeys } from '../logins/jwt-config.ts';
import type { KeySet, KeySource } from '../logins/jwt-token.ts';
import { fetchKeys, type KeyFetchOptions } from './issuer-keys.ts';
import { KEY_REFRESH_INTERVAL_MS, MAX_CACHED_KEY_SETS, MAX_KEY_SET_AGE_MS } from './limits.ts';

interface CachedKeys {
  readonly keys?: KeySet;
  readonly fetchedAt?: number;
  /** Why the last attempt failed. */
  readonly failure?: Failure;
  /** Until then, only keys that are missing are fetched. Unix milliseconds. */
  readonly pausedUntil: number;
}

/**
 * Makes a source that fetches. It uses keys for `MAX_KEY_SET_AGE_MS`, so that a key which its issuer has withdrawn soon
 * expires. If none of the keys verifies a token, it fetches them again, because the issuer may have changed them.
 * Anybody can send such tokens, so that happens at most every `KEY_REFRESH_INTERVAL_MS` for each URL, as does a retry.
 *
 * One source serves all logins of an isolate. It shares data only: the runtime ends a fetch together with the request
 * that began it.
 */
export function keySource(options: KeyFetchOptions): KeySource {
  const cached = new LruCache<CachedKeys>(MAX_CACHED_KEY_SETS);

  const remote = async (
    from: RemoteKeys,
    now: number,
    newerThan: KeySet | undefined,
  ): Promise<Result<KeySet>> => {
    const id = `${from.kind} ${from.url}`;
    const known = cached.get(id) ?? { pausedUntil: 0 };
    const { keys: fetchedBefore, fetchedAt = 0, failure } = known;
    const current = now - fetchedAt < MAX_KEY_SET_AGE_MS ? fetchedBefore : undefined;
    const mayFetch = now >= known.pausedUntil;
    // Keys that were fetched for this login are as new as possible.
    if (current !== undefined && (current !== newerThan || !mayFetch || now === fetchedAt)) {
      return ok(current);
    }
    if (failure !== undefined && !mayFetch) {
      return { ok: false, failure };
    }
    const pausedUntil = now + KEY_REFRESH_INTERVAL_MS;
    // Before anything is awaited, so that only one of several concurrent tokens fetches the keys.
    if (current !== undefined) cached.set(id, { ...known, pausedUntil });
    const fetched = await fetchKeys(from, options);
    if (!fetched.ok) {
      cached.set(id, { ...cached.get(id), failure: fetched.failure, pausedUntil });
      return fetched;
    }
    const keys = { find: createLocalJWKSet(fetched.value), named: true };
    cached.set(id, {
      keys,
      fetchedAt: now,
      pausedUntil: newerThan === undefined ? 0 : pausedUntil,
    });
    return ok(keys);
  };

  return async ({ keys }, { now, newerThan }) =>
    keys.kind === 'jwt_validation_pubkeys'
      ? ok(newerThan ?? staticKeys(keys))
      : remote(keys, now, newerThan);
}

function staticKeys({ keys }: StaticKeys): KeySet {
  return { find: createLocalJWKSet({ keys: [...keys] }), named: false };
}
