/** The keys of configurations, kept at hand between logins. */
import { createLocalJWKSet, type LocalJWKSet } from 'jose';
import { LruCache } from '../lib/lru-cache.ts';
import { type Failure, ok, type Result } from '../lib/result.ts';
import type { JwtConfig, RemoteKeys, StaticKeys } from '../logins/jwt-config.ts';
import { fetchKeys, type KeyFetchOptions } from './key-fetch.ts';
import { KEY_REFRESH_INTERVAL_MS, MAX_CACHED_KEY_SETS, MAX_KEY_SET_AGE_MS } from './limits.ts';

export interface KeySet {
  /** Finds the keys that may have signed a token with this header. */
  readonly find: LocalJWKSet;
  /** Whether keys have names, by which a token says (`kid`) which it means; those in PEM have none. */
  readonly named: boolean;
}

/** Where the keys of a configuration come from. */
export type KeySource = (
  config: Pick<JwtConfig, 'keys'>,
  wanted: {
    /** Unix milliseconds. */
    readonly now: number;
    /** The keys that were got before, where none of them will do: newer ones, if there can be any. */
    readonly besides?: KeySet;
  },
) => Promise<Result<KeySet>>;

interface Remembered {
  readonly keys?: KeySet;
  readonly fetchedAt?: number;
  /** Why the last attempt failed. */
  readonly failure?: Failure;
  /** Until then nothing is fetched but what is missing altogether; Unix milliseconds. */
  readonly restsUntil: number;
}

/**
 * Makes a source that fetches. Keys are used for `MAX_KEY_SET_AGE_MS`, so that one which its issuer has
 * withdrawn is soon of no use. A token that none of them verifies has them fetched anew, as the issuer
 * may have changed keys; that, and trying again after a failure, at most every `KEY_REFRESH_INTERVAL_MS`
 * for each URL, for anybody can send such tokens.
 *
 * One source serves all logins of an isolate. What it keeps is data only: a request that is under way is
 * not shared, because Workers end it with the request that began it.
 */
export function keySource(options: KeyFetchOptions): KeySource {
  const remembered = new LruCache<Remembered>(MAX_CACHED_KEY_SETS);

  const remote = async (
    from: RemoteKeys,
    now: number,
    besides: KeySet | undefined,
  ): Promise<Result<KeySet>> => {
    const id = `${from.kind} ${from.url}`;
    const known = remembered.get(id) ?? { restsUntil: 0 };
    const { keys: fetchedBefore, fetchedAt = 0, failure } = known;
    const current = now - fetchedAt < MAX_KEY_SET_AGE_MS ? fetchedBefore : undefined;
    const mayFetch = now >= known.restsUntil;
    // Keys that were fetched for this very login are as new as can be.
    if (current !== undefined && (current !== besides || !mayFetch || now === fetchedAt)) {
      return ok(current);
    }
    if (failure !== undefined && !mayFetch) {
      return { ok: false, failure };
    }
    const restsUntil = now + KEY_REFRESH_INTERVAL_MS;
    // Before anything is awaited: of tokens that come together, one has the keys fetched.
    if (current !== undefined) remembered.set(id, { ...known, restsUntil });
    const fetched = await fetchKeys(from, options);
    if (!fetched.ok) {
      remembered.set(id, { ...remembered.get(id), failure: fetched.failure, restsUntil });
      return fetched;
    }
    const keys = { find: createLocalJWKSet(fetched.value), named: true };
    remembered.set(id, {
      keys,
      fetchedAt: now,
      restsUntil: besides === undefined ? 0 : restsUntil,
    });
    return ok(keys);
  };

  return async ({ keys }, { now, besides }) =>
    keys.kind === 'jwt_validation_pubkeys'
      ? ok(besides ?? staticKeys(keys))
      : remote(keys, now, besides);
}

function staticKeys({ keys }: StaticKeys): KeySet {
  return { find: createLocalJWKSet({ keys: [...keys] }), named: false };
}
