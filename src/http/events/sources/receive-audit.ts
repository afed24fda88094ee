/**
 * Receives entries of an audit device. The device sends an entry before it lets the audited request go on, and fails
 * that request if the answer is not 2xx. So a delivery is accepted whatever is wrong with its entries, and an event that
 * cannot be published is dropped and counted, unless `on_overload` is `block`.
 */

import { requestKeysOf } from '../../../config/derived-keys.ts';
import { NO_MOUNT_POINT } from '../../../ingest/audit/mount-path.ts';
import type { CheckedEvent } from '../../../ingest/read-events.ts';
import { isOnOverload } from '../../../ingest/webhooks/settings/audit-settings.ts';
import type { AuditSource } from '../../../ingest/webhooks/source.ts';
import { verifyDelivery } from '../../../ingest/webhooks/verify-delivery.ts';
import { LruCache } from '../../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../../lib/limits.ts';
import { log, logError } from '../../../lib/log.ts';
import { quote } from '../../../lib/quote.ts';
import { invalid, type Result } from '../../../lib/result.ts';
import type { NamespaceContext } from '../../context.ts';
import { MAX_AUDIT_WAIT_MS, MAX_LOGGED_REASONS } from '../../limits.ts';
import { DROP_REASONS } from '../../publishing/drop-reasons.ts';
import { type PublishOutcome, refusalOf } from '../../publishing/outcomes.ts';
import {
  findNamespaceKeys,
  publishToHubs,
  unknownNamespace,
} from '../../publishing/publish-events.ts';
import { succeed } from '../../respond.ts';
import { workerCaches } from '../../worker-caches.ts';
import {
  type AuditedEvents,
  deliveryOf,
  eventDefaults,
  readAuditEntries,
} from './delivery-events.ts';
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
  const mayBlock = onOverload === 'block';
  if (!body.ok) {
    return mayBlock ? refuseDelivery(source, body.failure) : answer(source, [body.failure.message]);
  }

  const defaults = eventDefaults(source, namespace, config, now);
  const audited = readAuditEntries(source, lines, defaults, requestKeysOf(c.env));
  if (audited.events.length === 0) return answer(source, audited.dropped);
  const published = publish(c, source, audited, mayBlock);
  return mayBlock ? published : answerInTime(c, source, audited, published);
}

/** Answers after `MAX_AUDIT_WAIT_MS` at the latest. Publishing then continues. */
async function answerInTime(
  c: NamespaceContext,
  source: AuditSource,
  { events, dropped }: AuditedEvents,
  published: Promise<Response>,
): Promise<Response> {
  const answered = published.catch((error: unknown) => {
    logError(`entries of ${source.name} cannot be published`, error);
    return answer(source, [...dropped, ...events.map(() => DROP_REASONS.failed)]);
  });
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

/** Events of Vault namespaces that do not exist here are dropped. */
async function publish(
  c: NamespaceContext,
  source: AuditSource,
  { events, dropped }: AuditedEvents,
  mayBlock: boolean,
): Promise<Response> {
  const paths = events.map(({ event }) => event.namespace);
  const namespaceKeys = await findNamespaceKeys(new Set(paths), c.env);
  const isKnown = (path: string) => namespaceKeys.has(path);
  const known = events.filter(({ event }) => isKnown(event.namespace));
  const lost = [...dropped, ...paths.filter((path) => !isKnown(path)).map(unknownNamespace)];
  const publisher = sourcePublisher(source, c.var.namespace);
  const published = await publishToHubs(known, publisher, namespaceKeys, c);
  if (!published.ok) {
    const { failure } = published;
    return mayBlock
      ? refuseDelivery(source, failure)
      : answer(source, [...lost, ...known.map(() => failure.message)]);
  }
  const { outcomes, quota } = published.value;
  const refusal = mayBlock ? refusalOf(known, outcomes, quota) : undefined;
  return refusal === undefined
    ? answer(source, lost, known, outcomes)
    : refuseDelivery(source, refusal);
}

/**
 * @param dropped for each event that was lost before it could be published: why
 * @param events the others
 * @param outcomes of each of these, in their order
 */
function answer(
  source: AuditSource,
  dropped: readonly string[],
  events: readonly CheckedEvent[] = [],
  outcomes: readonly PublishOutcome[] = [],
): Response {
  const reasons = [...dropped];
  const ids: string[] = [];
  let duplicates = 0;
  for (const [index, { event }] of events.entries()) {
    const outcome = outcomes[index] ?? 'failed';
    if (outcome === 'duplicate') duplicates++;
    if (outcome === 'accepted' || outcome === 'duplicate') ids.push(event.id);
    else reasons.push(DROP_REASONS[outcome]);
  }
  if (reasons.length > 0) logEvents('dropped', source.name, reasons);
  if (ids.length === 0) return noContent();
  return succeed({ accepted: ids.length - duplicates, duplicates, dropped: reasons.length, ids });
}

function noContent(): Response {
  return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } });
}

/** Sources of older servers. `NO_MOUNT_POINT` is true of each of their entries, so it is logged once. */
const logged = new LruCache<true>(MAX_CACHED_LOOKUPS);

/**
 * One line for each reason with the number of its events, and a last line for all reasons beyond the limit.
 *
 * @param reasons one for each event
 */
function logEvents(what: 'dropped' | 'late', source: string, reasons: readonly string[]): void {
  const counts = [...Map.groupBy(reasons, (each) => each)].map(
    ([reason, { length }]) => [reason, length] as const,
  );
  const others = counts.splice(MAX_LOGGED_REASONS).reduce((sum, [, length]) => sum + length, 0);
  if (others > 0) counts.push(['other reasons', others]);
  for (const [reason, length] of counts) {
    if (reason === NO_MOUNT_POINT && wasLogged(source)) continue;
    log('warn', { source, [what]: length, reason });
  }
}

function wasLogged(source: string): boolean {
  const known = logged.get(source) === true;
  logged.set(source, true);
  return known;
}
