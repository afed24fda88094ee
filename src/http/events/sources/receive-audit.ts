/**
 * Receives entries of an audit device. The device sends an entry before it lets the audited request go on, and fails
 * that request if the answer is not 2xx. So a delivery is accepted whatever is wrong with its entries, and an event that
 * cannot be published is dropped and counted, unless `on_overload` is `block`.
 */

import { requestKeysOf } from '../../../config/derived-keys.ts';
import { isOnOverload } from '../../../ingest/webhooks/settings/audit-settings.ts';
import type { AuditSource } from '../../../ingest/webhooks/source.ts';
import { verifyDelivery } from '../../../ingest/webhooks/verify-delivery.ts';
import { quote } from '../../../lib/quote.ts';
import { invalid, type Result } from '../../../lib/result.ts';
import type { NamespaceContext } from '../../context.ts';
import { MAX_AUDIT_WAIT_MS } from '../../limits.ts';
import { publishToHubs } from '../../publishing/publish-events.ts';
import { workerCaches } from '../../worker-caches.ts';
import { auditedServer } from './audited-server.ts';
import {
  type AuditedEvents,
  deliveryOf,
  eventDefaults,
  eventsAsTold,
  readAuditRequests,
} from './delivery-events.ts';
import {
  type AuditPublishing,
  answerAudited,
  answerFailed,
  logEvents,
  noContent,
  publishAudited,
} from './publish-audited.ts';
import { recordDelivery, refuseDelivery, refuseUnverified } from './responses.ts';
import { sourcePublisher } from './source-lookup.ts';

export async function receiveAudit(
  c: NamespaceContext,
  source: AuditSource,
  body: Result<Uint8Array>,
): Promise<Response> {
  const { namespace, query, config } = c.var;
  const now = Date.now();
  const lines = body.ok ? body.value : new Uint8Array();
  const vendor = workerCaches.vendorClient(c.env, sourcePublisher(source, namespace).principal);
  const proof = await verifyDelivery(
    source,
    deliveryOf(source, c.req.raw, query, lines),
    now,
    vendor,
  );
  if (!proof.ok) return refuseUnverified(source, proof.failure);
  recordDelivery(c, source, 'verified');

  const onOverload = query.get('on_overload') ?? source.settings.on_overload ?? 'drop';
  // If a misspelt "block" were ignored, its operator would learn too late that events are dropped.
  if (!isOnOverload(onOverload)) {
    return refuseDelivery(
      source,
      invalid(`on_overload is ${quote(onOverload)} in the address; it must be "drop" or "block"`)
        .failure,
    );
  }
  const reads = query.get('reads');
  if (reads !== null && reads !== 'wait') {
    return refuseDelivery(
      source,
      invalid(`reads is ${quote(reads)} in the address; it must be "wait", or absent`).failure,
    );
  }
  const mayBlock = onOverload === 'block';
  if (!body.ok) {
    return mayBlock
      ? refuseDelivery(source, body.failure)
      : answerAudited(source, [body.failure.message]);
  }

  const defaults = eventDefaults(source, namespace, config, now);
  const entries = readAuditRequests(source, lines, requestKeysOf(c.env));
  const told = eventsAsTold(source, entries, defaults);
  if (told.events.length === 0) return answerAudited(source, told.dropped);
  const publishing = {
    source,
    namespace,
    env: c.env,
    mayBlock,
    send: (events, publisher, keys) => publishToHubs(events, publisher, keys, c),
  } satisfies AuditPublishing;
  const server = auditedServer(source, namespace);
  if (mayBlock) {
    // The audited server would wait for itself. The forwarder is another program, and can wait.
    const mayAsk = reads === 'wait';
    const audited = mayAsk ? await server?.ask(entries, source, defaults, c.env) : undefined;
    return publishAudited(publishing, audited ?? told);
  }
  const waiting = { ...entries, source, namespace, defaults, bytes: lines.byteLength };
  if (server?.takes(waiting, c)) return noContent();
  return answerInTime(c, source, told, publishAudited(publishing, told));
}

/** Answers after `MAX_AUDIT_WAIT_MS` at the latest. Publishing then continues. */
async function answerInTime(
  c: NamespaceContext,
  source: AuditSource,
  { events, dropped }: AuditedEvents,
  published: Promise<Response>,
): Promise<Response> {
  const answered = published.catch((error: unknown) =>
    answerFailed(source, error, dropped, events),
  );
  const late = scheduler.wait(MAX_AUDIT_WAIT_MS).then(() => undefined);
  const response = await Promise.race([answered, late]);
  if (response !== undefined) return response;
  c.executionCtx.waitUntil(answered);
  const reason = `not published within ${MAX_AUDIT_WAIT_MS} ms; it goes on`;
  logEvents(
    'late',
    source.name,
    events.map(() => reason),
  );
  return noContent();
}
