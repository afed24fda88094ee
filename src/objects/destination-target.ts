/** The binding of the environment that a destination names. */
import { configOf } from '../config/config.ts';
import type { TargetSettings } from '../destination/settings.ts';
import { compileGlob } from '../event/glob.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { EventsWorker } from './events-worker.ts';

type BoundTarget = Exclude<TargetSettings, { readonly type: 'webhook' }>;

/** What of a producer binding of Cloudflare Queues is used. */
export type QueueBinding = Pick<Queue, 'sendBatch'>;

/**
 * @param namespace the path of the Vault namespace of the destination
 * @returns the service or the queue, whichever the target is. A failure is a sentence
 */
export function bindingOf(
  env: Env,
  { type, binding: name }: BoundTarget,
  namespace: string,
): Result<EventsWorker & QueueBinding> {
  const config = configOf(env);
  if (!config.ok) return config;
  const listed = config.value.destinationBindings.get(name);
  if (listed === undefined) {
    return invalid(
      `there is no binding ${quote(name)} for destinations; the operator lists those that they may use in the variable DESTINATION_BINDINGS`,
    );
  }
  if (!listed.namespaces.some((glob) => compileGlob(glob)(namespace))) {
    return invalid(
      `the binding ${quote(name)} is not for destinations of the namespace ${quote(namespace)}; the variable DESTINATION_BINDINGS says which namespaces may use it`,
    );
  }
  if (listed.kind !== type) {
    return invalid(
      `the binding ${quote(name)} is of the kind ${quote(listed.kind)} in the variable DESTINATION_BINDINGS, and the destination is of type ${quote(type)}`,
    );
  }
  const bound: unknown = Object.hasOwn(env, name) ? Reflect.get(env, name) : undefined;
  if (bound === undefined) {
    return invalid(
      `the environment of this server has no binding ${quote(name)}, though the variable DESTINATION_BINDINGS lists it; add it to wrangler.toml and deploy`,
    );
  }
  if (kindOfBinding(bound) !== type) {
    return invalid(
      `the binding ${quote(name)} in the environment of this server is not a ${type === 'queue' ? 'producer of a queue' : 'service'}, as the variable DESTINATION_BINDINGS says; change one of the two`,
    );
  }
  return ok(bound as EventsWorker & QueueBinding);
}

/** A service seems to have each method, because any name may be one of its entrypoint. So its class tells what it is. */
function kindOfBinding(bound: unknown): 'worker' | 'queue' | undefined {
  const className = Object.prototype.toString.call(bound);
  if (className === '[object Fetcher]') return 'worker';
  return className === '[object WorkerQueue]' ? 'queue' : undefined;
}
