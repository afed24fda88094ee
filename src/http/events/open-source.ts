/** The sources that this Worker receives for: compiled, and remembered for seconds. */

import { checkSourceName } from '../../ingest/webhooks/settings.ts';
import { compileSource, type Source } from '../../ingest/webhooks/source.ts';
import { logError } from '../../lib/log.ts';
import type { Result } from '../../lib/result.ts';
import { TtlCache } from '../../lib/ttl-cache.ts';
import type { OpenSource } from '../../objects/authority-contract.ts';
import { callWithRetry } from '../../objects/call.ts';
import { LOOKUP_CACHE_MS } from '../../objects/limits.ts';
import { authorityOf } from '../api.ts';
import type { Refusal } from '../respond.ts';

const sources = new TtlCache<Source>(LOOKUP_CACHE_MS);

/**
 * The names of the sources of each namespace where somebody asked for one that it has not: whoever tries many
 * names asks its authority no more often, and puts no source out of the cache.
 */
const names = new TtlCache<ReadonlySet<string>>(LOOKUP_CACHE_MS);

/** Forgets what this Worker remembers of sources: one was written or deleted. */
export function forgetSources(): void {
  sources.clear();
  names.clear();
}

/**
 * @param namespace its key
 * @returns the source; undefined where there is none; or why it cannot be used
 */
export async function openSource(
  env: Env,
  namespace: string,
  name: string,
): Promise<Source | Refusal | undefined> {
  if (!checkSourceName(name).ok) return undefined;
  const key = `${namespace}\n${name}`;
  const now = Date.now();
  const known = sources.get(key, now);
  if (known !== undefined) return known;
  if (names.get(namespace, now)?.has(name) === false) return undefined;
  const opened = await callWithRetry(
    async (): Promise<Result<OpenSource> | undefined> =>
      authorityOf(env, namespace).openSource(name),
  );
  if (opened === undefined) {
    const all = await callWithRetry(() => authorityOf(env, namespace).sourceNames());
    names.set(namespace, new Set(all), now);
    return undefined;
  }
  const source = opened.ok
    ? compileSource(name, opened.value.settings, opened.value.secrets)
    : opened;
  if (!source.ok) {
    const message = `the source ${name} cannot be used: ${source.failure.message}`;
    logError(message);
    return { reason: 'unavailable', message };
  }
  sources.set(key, source.value, now);
  return source.value;
}
