/** Creates a destination, or changes its settings. */

import { NO_SEALING_KEY } from '../../../config/sealing.ts';
import { allowsLoopbackHttp } from '../../../config/variables.ts';
import { hasHiddenHeaders, withStoredHeaders } from '../../../destination/hidden-headers.ts';
import { checkDestinationName } from '../../../destination/name.ts';
import { parseDestination } from '../../../destination/parse-settings.ts';
import type { DestinationSettings, TargetSettings } from '../../../destination/settings.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import { callDestination, callDispatcher } from '../../../objects/stubs.ts';
import { auditCall } from '../../audit-log.ts';
import type { Call } from '../../endpoint-types.ts';
import { done, refuse } from '../../respond.ts';
import { adviceOnPolicies, checkDeadLetter, checkPolicies } from './check-policies.ts';
import { checkTarget } from './check-target.ts';

export async function writeDestination(call: Call): Promise<Response> {
  const { env } = call;
  const { name, body, namespace, config, caller } = call.var;
  const checkedName = checkDestinationName(name);
  if (!checkedName.ok) return refuse(checkedName.failure);
  const parsed = parseDestination(body, {
    name,
    namespace: pathOfKey(namespace),
    now: Date.now(),
    allowLoopbackHttp: allowsLoopbackHttp(env),
  });
  if (!parsed.ok) return refuse(parsed.failure);
  const { settings: written, start, secrets } = parsed.value;
  const mayUse = checkPolicies(call, written.policies);
  if (!mayUse.ok) return refuse(mayUse.failure);
  const mayHandOver = checkDeadLetter(call, written.deadLetter);
  if (!mayHandOver.ok) return refuse(mayHandOver.failure);
  const completed = await withStored(call, written);
  if (!completed.ok) return refuse(completed.failure);
  const settings = completed.value;
  if (settings.target.type === 'webhook' && !config.canSeal) {
    return refuse({ reason: 'not_configured', message: NO_SEALING_KEY });
  }
  const checked = await checkTarget(call, settings.target);
  if (!checked.ok) return refuse(checked.failure);
  const warnings = [
    ...parsed.value.warnings,
    ...checked.value.warnings,
    ...(await adviceOnPolicies(call, settings.policies, settings.pattern)),
  ];
  const { agreement } = checked.value;
  const result = await callDispatcher(env, namespace, (dispatcher) =>
    dispatcher.put(name, { settings, start, secrets, owner: caller.owner, agreement }),
  );
  if (!result.ok) return refuse(result.failure);
  auditCall(call, 'destination_written', {
    destination: name,
    policies: settings.policies.join(','),
    ...auditedTarget(settings.target),
  });
  return done(warnings);
}

/** The settings with the values of headers that the writer left as the API shows them. */
async function withStored(
  { env, var: { namespace, name } }: Call,
  settings: DestinationSettings,
): Promise<Result<DestinationSettings>> {
  const { target } = settings;
  if (!hasHiddenHeaders(target)) return ok(settings);
  const stored = await callDestination(env, namespace, name, (stub) => stub.describe());
  const completed = withStoredHeaders(target, stored?.settings.target);
  return completed.ok ? ok({ ...settings, target: completed.value }) : completed;
}

/** The path and the query of a URL may contain a credential. */
function auditedTarget(target: TargetSettings): Readonly<Record<string, string>> {
  return target.type === 'webhook'
    ? { target: target.type, host: new URL(target.url).host }
    : { target: target.type, binding: target.binding };
}
