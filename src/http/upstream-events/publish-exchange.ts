/** Publishes the events of a request that passed through, under a name and a source that nobody else can have. */

import type { AuditEvent } from '../../ingest/audit/audit-entry.ts';
import { type CheckedEvent, readEvent } from '../../ingest/read-events.ts';
import { ROOT } from '../../namespace/namespace.ts';
import { identityOfUpstreamEvent, OWNER_OF_UPSTREAM_EVENTS } from '../../token/owner.ts';
import type { AppContext } from '../context.ts';
import { DROP_REASONS } from '../publishing/drop-reasons.ts';
import {
  findNamespaceKeys,
  publishToHubs,
  unknownNamespace,
} from '../publishing/publish-events.ts';

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
    mayLackMetadata: true,
  };
  const checked: CheckedEvent[] = [];
  const lost: string[] = [];
  for (const [index, body] of events.entries()) {
    const event = readEvent({ where: '', body, isCloudEvent: false }, defaults);
    if (event.ok) checked.push({ ...event.value, identity: identityOfUpstreamEvent(index) });
    else lost.push(event.failure.message);
  }
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
