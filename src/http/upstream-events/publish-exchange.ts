/** Publishes the events of a request that passed through, under a name and a source that nobody else can have. */

import type { AuditEvent } from '../../ingest/audit/audit-entry.ts';
import { ok } from '../../lib/result.ts';
import { ROOT } from '../../namespace/namespace.ts';
import { OWNER_OF_UPSTREAM_EVENTS } from '../../token/owner.ts';
import type { AppContext } from '../context.ts';
import { checkAuditEvents } from '../events/sources/delivery-events.ts';
import { sendAudited } from '../events/sources/publish-audited.ts';
import { DROP_REASONS } from '../publishing/drop-reasons.ts';
import { publishToHubs } from '../publishing/publish-events.ts';

const PUBLISHER = { principal: OWNER_OF_UPSTREAM_EVENTS, owner: OWNER_OF_UPSTREAM_EVENTS };

/** @returns for each event that is lost: why */
export async function publishExchange(
  c: AppContext,
  events: readonly AuditEvent[],
): Promise<string[]> {
  const { clusterName } = c.get('config');
  const defaults = {
    newId: () => crypto.randomUUID(),
    now: Date.now(),
    source: `vault://${clusterName}/sys/events/upstream`,
    namespace: ROOT,
  };
  const audited = checkAuditEvents({ upstream: true }, [ok(events)], [], defaults);
  const sent = await sendAudited(audited, PUBLISHER, c.env, (known, publisher, keys) =>
    publishToHubs(known, publisher, keys, c),
  );
  const { known, published } = sent;
  const lost = [...sent.lost];
  if (!published.ok) return [...lost, ...known.map(() => published.failure.message)];
  for (const outcome of published.value.outcomes) {
    if (outcome !== 'accepted' && outcome !== 'duplicate') lost.push(DROP_REASONS[outcome]);
  }
  return lost;
}
