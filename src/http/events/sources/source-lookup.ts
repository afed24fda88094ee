/** The source that a request is for, as this Worker has cached it for seconds or its authority has it. */

import { checkSourceName } from '../../../ingest/webhooks/settings/settings.ts';
import { compileSource, type Source } from '../../../ingest/webhooks/source.ts';
import { logError } from '../../../lib/log.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { callAuthority } from '../../../objects/stubs.ts';
import { ownerOfSource } from '../../../token/owner.ts';
import type { Publisher } from '../../publishing/publish-events.ts';
import type { Refusal } from '../../respond.ts';
import { workerCaches } from '../../worker-caches.ts';

/**
 * @param namespace its key
 * @param mayAsk asked before the authority is, if nothing is cached
 * @returns undefined if there is no such source; a failure if it cannot be used
 */
export async function findSource(
  env: Env,
  namespace: string,
  name: string,
  mayAsk: () => Promise<Result<undefined, Refusal>> = () => Promise.resolve(ok(undefined)),
): Promise<Result<Source | undefined, Refusal>> {
  if (!checkSourceName(name).ok) return ok(undefined);
  const key = `${namespace}\n${name}`;
  const now = Date.now();
  const { sources, sourceNames } = workerCaches;
  const cached = sources.get(key, now);
  if (cached !== undefined) return ok(cached);
  if (sourceNames.get(namespace, now)?.has(name) === false) return ok(undefined);
  const admitted = await mayAsk();
  if (!admitted.ok) return admitted;
  const generations = { source: sources.generation, names: sourceNames.generation };
  const opened = await callAuthority(env, namespace, (authority) => authority.openSource(name));
  if (opened === undefined) {
    const all = await callAuthority(env, namespace, (authority) => authority.sourceNames());
    sourceNames.set(namespace, new Set(all), now, generations.names);
    return ok(undefined);
  }
  const source = opened.ok
    ? compileSource(name, opened.value.settings, opened.value.secrets, opened.value.readToken)
    : opened;
  if (!source.ok) {
    const message = `the source ${name} cannot be used: ${source.failure.message}`;
    logError(message);
    return { ok: false, failure: { reason: 'unavailable', message } };
  }
  sources.set(key, source.value, now, generations.source);
  return source;
}

/**
 * Each source is a publisher of its own, so nobody else can use up the ids of its events.
 *
 * @param namespace the key of the namespace of the source
 */
export function sourcePublisher({ name }: Source, namespace: string): Publisher {
  const principal = ownerOfSource(namespace, name);
  return { principal, owner: principal };
}
