/** Publishes events of the server itself. */

import type { Event } from '../../event/event.ts';
import { eventBatch } from '../../event/event-batch.ts';
import { eventTypeNamespace } from '../../event/event-type.ts';
import { eventKey } from '../../event/publication.ts';
import { hubName } from '../../objects/names.ts';
import { callHub } from '../../objects/stubs.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import { encodeWithinLimit } from '../../wire/frame.ts';
import { MAX_SERVER_PUBLISH_MS } from './limits.ts';

/** Who publishes them. No token has this as its identity. */
const PUBLISHER = 'destinations';

/**
 * Publishes events of one Vault namespace and one event-type namespace. A second event with the same id is a duplicate.
 *
 * @param namespaceKey the key of that Vault namespace
 * @throws if they are not stored, or it is unknown whether they are
 */
export async function publishServerEvents(
  env: Env,
  namespaceKey: string,
  events: readonly Event[],
): Promise<void> {
  const [first] = events;
  if (first === undefined) return;
  const hub = hubName(namespaceKey, eventTypeNamespace(first.event_type));
  const encoded = events.map((event) => {
    const json = encodeWithinLimit(event);
    if (!json.ok) throw new Error(json.failure.message);
    return { key: eventKey(PUBLISHER, namespaceKey, event), json: json.value };
  });
  const request = { owner: PUBLISHER, events: eventBatch(encoded) };
  const publishing = callHub(env, hub, (stub) => stub.publishAll([request]));
  const [receipt] = await withTimeout(MAX_SERVER_PUBLISH_MS, publishing);
  if (receipt === undefined) throw new Error('the hub gave no receipt');
  if ('refused' in receipt) throw new Error(`the hub refuses the event: ${receipt.refused}`);
  if ('failed' in receipt) throw new Error(receipt.failed);
}
