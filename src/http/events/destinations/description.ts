/** What the API shows of a destination and of its attempts. Times are RFC 3339. */

import { lagOf } from '../../../destination/lag.ts';
import { shownSettings } from '../../../destination/shown-settings.ts';
import { formatTimestamp } from '../../../event/time.ts';
import { HIDDEN } from '../../../lib/hidden.ts';
import { pathOfKey, withSlash } from '../../../namespace/namespace.ts';
import type {
  Attempt,
  DestinationDescription,
  DestinationState,
} from '../../../objects/destination-contract.ts';
import { parseHubName } from '../../../objects/names.ts';
import { keyWarnings } from '../key-warnings.ts';

/** @param namespace the path of the Vault namespace of the destination */
export function describedDestination(
  { settings, secrets, publicKeys, key, state }: DestinationDescription,
  namespace: string,
): { readonly data: Record<string, unknown>; readonly warnings: readonly string[] } {
  const isWebhook = settings.target.type === 'webhook';
  return {
    data: {
      ...shownSettings(settings, namespace),
      ...(isWebhook && {
        secrets: Array.from({ length: secrets }, () => HIDDEN),
        public_keys: publicKeys,
      }),
      state: describedState(state),
    },
    warnings: isWebhook ? keyWarnings(key, 'the next delivery encrypts them under the first') : [],
  };
}

function describedState(state: DestinationState): Record<string, unknown> {
  const { lastSuccessAt, nextAttemptAt } = state;
  const positions = Object.entries(state.positions).map(([hub, position]) => {
    const { epoch, sequence, last } = position;
    const { namespaceKey, eventTypeNamespace } = parseHubName(hub);
    return {
      hub: eventTypeNamespace,
      namespace: withSlash(pathOfKey(namespaceKey)),
      epoch,
      sequence,
      last,
      lag: lagOf(position),
    };
  });
  return {
    status: state.status,
    ...(state.reason !== undefined && { reason: state.reason }),
    ...(state.problem !== undefined && { problem: state.problem }),
    lag: positions.reduce((sum, { lag }) => sum + lag, 0),
    positions,
    last_success: timeOf(lastSuccessAt),
    failures: state.failures,
    next_attempt: timeOf(nextAttemptAt),
    delivered: state.delivered,
    dead_lettered: state.deadLettered,
    gaps: state.gaps,
  };
}

export function describedAttempt(attempt: Attempt): Record<string, unknown> {
  const { at, batch, events, result, status, durationMs, answer } = attempt;
  return {
    time: formatTimestamp(at),
    batch,
    attempt: attempt.attempt,
    events,
    result,
    status: status ?? null,
    duration_ms: durationMs,
    answer,
  };
}

function timeOf(at: number | undefined): string | null {
  return at === undefined ? null : formatTimestamp(at);
}
