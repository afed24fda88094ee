/** Admits subscribers of a hub, or of a replica, within the quotas: each counts its own, under its own name. */

import { quotaMessage } from '../../namespace/quota.ts';
import { subscriberHubOfObject } from '../../objects/names.ts';
import { callAuthorityFromHub } from '../../objects/stubs.ts';
import type { EventSupply } from '../subscribers/event-supply.ts';
import type { HandshakeRefusal } from '../subscribers/refusal.ts';
import type { KnownQuotas } from './known-quotas.ts';

interface Parts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly quotas: KnownQuotas;
}

/** Subscribers are admitted before their events are brought here. */
export function withinQuota(parts: Parts, supply: EventSupply): EventSupply {
  return {
    prepare: async (matcher) => (await admitSubscriber(parts)) ?? (await supply.prepare(matcher)),
  };
}

async function admitSubscriber(parts: Parts): Promise<HandshakeRefusal | undefined> {
  const hub = subscriberHubOfObject(parts.ctx.id.name);
  const { all } = await parts.quotas.current();
  for (const { namespace, limits } of all) {
    if (limits.subscribers === undefined) continue;
    const refusal = await callAuthorityFromHub(parts.env, namespace, (stub) =>
      stub.reserveQuota('subscribers', hub),
    );
    if (refusal === undefined) continue;
    const { retryAfterSeconds } = refusal;
    return { status: 429, message: quotaMessage(refusal), retryAfterSeconds };
  }
  return undefined;
}
