/** Receives a webhook: answers challenges, verifies the signature, and publishes the events. */

import type { DocumentSource } from '../../../ingest/webhooks/source.ts';
import {
  answerUnverifiedChallenge,
  verifyDelivery,
} from '../../../ingest/webhooks/verify-delivery.ts';
import type { NamespaceContext } from '../../context.ts';
import { hopsOfRequest, refuseCircle } from '../../publishing/hops.ts';
import { publishEvents } from '../../publishing/publish-events.ts';
import { workerCaches } from '../../worker-caches.ts';
import { deliveryOf, eventDefaults, readWebhook } from './delivery-events.ts';
import {
  answerAccepted,
  recordDelivery,
  refuseDelivery,
  refuseUnverified,
  reply,
} from './responses.ts';
import { sourcePublisher } from './source-lookup.ts';

export async function receiveWebhook(
  c: NamespaceContext,
  source: DocumentSource,
  body: Uint8Array,
): Promise<Response> {
  const { namespace, query, config } = c.var;
  const now = Date.now();
  const delivery = deliveryOf(source, c.req.raw, query, body);
  const answer = await answerUnverifiedChallenge(source, delivery);
  if (answer !== undefined) {
    recordDelivery(c, source, 'challenge');
    return reply(answer);
  }

  const publisher = sourcePublisher(source, namespace);
  const vendor = workerCaches.vendorClient(c.env, publisher.principal);
  const proof = await verifyDelivery(source, delivery, now, vendor);
  if (!proof.ok) return refuseUnverified(source, proof.failure);
  recordDelivery(c, source, 'verified');

  const hops = hopsOfRequest(c.req.raw.headers);
  if (!hops.ok) return refuseDelivery(source, hops.failure);
  const defaults = { ...eventDefaults(source, namespace, config, now), hops: hops.value };
  const reading = await readWebhook(source, delivery, proof.value, defaults);
  if (!reading.ok) return refuseDelivery(source, reading.failure);
  if (reading.value.kind === 'challenge') {
    recordDelivery(c, source, 'challenge');
    const { visit } = reading.value.reply;
    const visited = visit === undefined || (await vendor.visit(visit));
    return visited
      ? reply(reading.value.reply)
      : refuseUnverified(source, {
          reason: 'unavailable',
          message: 'the address that confirms the subscription could not be called',
        });
  }

  const circle = refuseCircle(reading.value.events);
  if (circle !== undefined) return refuseDelivery(source, circle);
  const report = await publishEvents(reading.value.events, publisher, c);
  return report.ok ? answerAccepted(source, report.value) : refuseDelivery(source, report.failure);
}
