/** Checks where a destination delivers to, beyond the form of its settings: before it is written, and before it is resumed. */

import { allowsLoopbackHttp } from '../../../config/variables.ts';
import type { Agreement } from '../../../destination/agreement.ts';
import type { TargetSettings, WebhookSettings } from '../../../destination/settings.ts';
import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import { bindingOf } from '../../../objects/destination-target.ts';
import {
  checkWebhookUrl,
  hostOf,
  isAddress,
  isOwnAddress,
} from '../../../outbound/webhook/address.ts';
import { agree } from '../../../outbound/webhook/handshake.ts';
import { lookUpName, privateAddressIn } from '../../../outbound/webhook/name-lookup.ts';
import type { Call } from '../../endpoint-types.ts';

export interface CheckedTarget {
  readonly warnings: readonly string[];
  /** Undefined if there was no handshake. */
  readonly agreement: Agreement | undefined;
}

export async function checkTarget(
  call: Call,
  target: TargetSettings,
): Promise<Result<CheckedTarget>> {
  if (target.type === 'webhook') return checkWebhook(call, target);
  const binding = bindingOf(call.env, target, pathOfKey(call.var.namespace));
  return binding.ok ? ok({ warnings: [], agreement: undefined }) : binding;
}

async function checkWebhook(
  { env, req }: Call,
  target: WebhookSettings,
): Promise<Result<CheckedTarget>> {
  const { url, handshake } = target;
  const allowed = checkWebhookUrl(url, { allowLoopbackHttp: allowsLoopbackHttp(env) });
  if (!allowed.ok) return invalid(`url ${allowed.failure.message}`);
  if (isOwnAddress(url, req.raw.url)) {
    return invalid(
      'url is an address of this server, which would send its events to itself; a destination that publishes again would make a circle',
    );
  }
  const warnings = await adviceOnName(url);
  if (!warnings.ok) return warnings;
  if (handshake === 'off') return ok({ warnings: warnings.value, agreement: undefined });
  const agreement = await agree(target, hostOf(req.raw.url), (...request) => fetch(...request));
  return agreement.ok ? ok({ warnings: warnings.value, agreement: agreement.value }) : agreement;
}

/** Refuses a name that leads to a private network. That it cannot be looked up is no reason to: this server may be offline. */
async function adviceOnName(url: string): Promise<Result<string[]>> {
  const host = hostOf(url);
  if (isAddress(host)) return ok([]);
  const addresses = await lookUpName(host, (...request) => fetch(...request));
  if (addresses === 'unknown') {
    return ok([
      `url: the host ${quote(host)} could not be looked up, so nobody knows whether it leads to a private network`,
    ]);
  }
  const found = privateAddressIn(addresses);
  if (found !== undefined) {
    return invalid(
      `url has the host ${quote(host)}, which leads to ${found}, an address of a private network`,
    );
  }
  return ok(addresses.length > 0 ? [] : [`url: the host ${quote(host)} has no address now`]);
}
