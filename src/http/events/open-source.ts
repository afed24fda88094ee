/** The sources that this Worker receives for: compiled, and remembered for seconds. */

import { checkSourceName } from '../../ingest/webhooks/settings.ts';
import { compileSource, type Source } from '../../ingest/webhooks/source.ts';
import { logError } from '../../lib/log.ts';
import { callAuthority } from '../../objects/stubs.ts';
import type { Refusal } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';

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
  const { sources, sourceNames } = workerCaches;
  const known = sources.get(key, now);
  if (known !== undefined) return known;
  if (sourceNames.get(namespace, now)?.has(name) === false) return undefined;
  const opened = await callAuthority(env, namespace, (authority) => authority.openSource(name));
  if (opened === undefined) {
    const all = await callAuthority(env, namespace, (authority) => authority.sourceNames());
    sourceNames.set(namespace, new Set(all), now);
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
