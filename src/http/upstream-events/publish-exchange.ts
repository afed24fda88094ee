/** Publishes the events of a request that passed through, under a name and a source that nobody else can have. */

import type { AuditEvent } from '../../ingest/audit/audit-entry.ts';
import { ok } from '../../lib/result.ts';
import { ROOT } from '../../namespace/namespace.ts';
import { OWNER_OF_UPSTREAM_EVENTS } from '../../token/owner.ts';
import type { AppContext } from '../context.ts';
import { checkAuditEvents } from '../events/sources/delivery-events.ts';
import { DROP_REASONS } from '../publishing/drop-reasons.ts';
import {
  findNamespaceKeys,
  publishToHubs,
  unknownNamespace,
} from '../publishing/publish-events.ts';

const PUBLISHER = { principal: OWNER_OF_UPSTREAM_EVENTS, owner: OWNER_OF_UPSTREAM_EVENTS };

const OF_UPSTREAM = { settings: { upstream: true } } as const;

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
  const { events: checked, dropped } = checkAuditEvents(OF_UPSTREAM, [ok(events)], [], defaults);
  const lost = [...dropped];
  const keys = await findNamespaceKeys(new Set(checked.map(({ event }) => event.namespace)), c.env);
  const known = checked.filter(({ event }) => keys.has(event.namespace));
  for (const { event } of checked) {
    if (!keys.has(event.namespace)) lost.push(unknownNamespace(event.namespace));
  }
  const published = await publishToHubs(known, PUBLISHER, keys, c);
  if (!published.ok) return [...lost, ...known.map(() => published.failure.message)];
  for (const outcome of published.value.outcomes) {
    if (outcome !== 'accepted' && outcome !== 'duplicate') lost.push(DROP_REASONS[outcome]);
  }
  return lost;
}
