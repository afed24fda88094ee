/** Makes the target of a destination. */
import { configOf } from '../../config/config.ts';
import { allowsLoopbackHttp } from '../../config/variables.ts';
import type { Agreement } from '../../destination/agreement.ts';
import { MAX_ATTEMPT_MS } from '../../destination/limits.ts';
import type { DestinationSettings } from '../../destination/settings.ts';
import { signingKeys } from '../../destination/signing-secret.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { bindingOf } from '../../objects/destination-target.ts';
import { QueueTarget } from './queue-target.ts';
import type { Target } from './target.ts';
import { WebhookTarget } from './webhook-target.ts';
import { WorkerTarget } from './worker-target.ts';

export interface TargetParts {
  readonly env: Env;
  readonly settings: DestinationSettings;
  /** Of a webhook, in the order in which they sign. */
  readonly secrets: readonly string[];
  /** The path of the Vault namespace of the destination. */
  readonly namespace: string;
  readonly agreement?: Agreement | undefined;
  readonly timeoutMs?: number | undefined;
}

/** @returns a failure if nothing can be sent until an operator changes something. Its message is a sentence */
export function targetOf(parts: TargetParts): Result<Target> {
  const { env, settings, secrets, namespace, agreement, timeoutMs = MAX_ATTEMPT_MS } = parts;
  const { target, format, batchMaxEvents } = settings;
  const config = configOf(env);
  if (!config.ok) return config;
  if (target.type === 'webhook') {
    const keys = signingKeys(secrets);
    if (keys.length === 0) return invalid('the webhook has no secret that signs it; write secrets');
    return ok(
      new WebhookTarget({
        target,
        format,
        mayBeSeveral: batchMaxEvents > 1,
        keys,
        agreement,
        timeoutMs,
        allowLoopbackHttp: allowsLoopbackHttp(env),
      }),
    );
  }
  const binding = bindingOf(env, target, namespace);
  if (!binding.ok) return binding;
  return ok(
    target.type === 'worker'
      ? new WorkerTarget(binding.value, format, timeoutMs)
      : new QueueTarget(binding.value, format, timeoutMs),
  );
}
