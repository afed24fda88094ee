/**
 * Entries of an audit device. The device sends each before it lets the request go on that it tells of, and fails
 * that request for any answer that is no 2xx: so nothing that is wrong with an entry is answered with one, and
 * an event that cannot be published is dropped and counted, unless the source says that it may block.
 */

import { NO_MOUNT_POINT } from '../../ingest/audit/mount-path.ts';
import type { CheckedEvent } from '../../ingest/read-events.ts';
import { isOnOverload } from '../../ingest/webhooks/settings.ts';
import { type AuditSource, verifyDelivery } from '../../ingest/webhooks/source.ts';
import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import { logError, log as writeLine } from '../../lib/log.ts';
import { LruCache } from '../../lib/lru-cache.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, type Result } from '../../lib/result.ts';
import { outsideOf } from '../../outbound/webhook-keys.ts';
import { idOf } from '../../subscription/publication.ts';
import { MAX_AUDIT_WAIT_MS, MAX_LOGGED_REASONS } from '../limits.ts';
import {
  isPublished,
  type PublishFailure,
  type PublishOutcomes,
  reportOf,
} from '../publishing/outcomes.ts';
import {
  findNamespaceKeys,
  publishToHubs,
  unknownNamespace,
} from '../publishing/publish-events.ts';
import { succeed } from '../respond.ts';
import { type Receiving, readEntries, sentTo } from './delivery.ts';
import { publisherOf, refuseDelivery, refuseUnproven } from './delivery-answers.ts';

export async function receiveAudit(
  receiving: Receiving,
  source: AuditSource,
  body: Result<Uint8Array>,
): Promise<Response> {
  const { query, namespace, env, config } = receiving;
  const asked = query.get('on_overload') ?? source.settings.on_overload ?? 'drop';
  const now = Date.now();
  const bytes = body.ok ? body.value : new Uint8Array();
  const outside = outsideOf(env, publisherOf(source, namespace).principal);
  const proof = await verifyDelivery(source, sentTo(source, receiving, bytes), now, outside);
  if (!proof.ok) return refuseUnproven(source, proof.failure);
  // Who means to lose nothing and cannot spell it would lose events, and learn of it too late.
  if (!isOnOverload(asked)) {
    return refuseDelivery(
      source,
      invalid(`on_overload is ${quote(asked)} in the address; it must be "drop" or "block"`)
        .failure,
    );
  }
  const mayBlock = asked === 'block';
  if (!body.ok) {
    if (mayBlock) return refuseDelivery(source, body.failure);
    return answer(source, NONE, [body.failure.message]);
  }
  const { events, dropped } = readEntries(source, bytes, { namespace, config, now });
  if (events.length === 0) return answer(source, NONE, dropped);
  if (mayBlock) return publish(receiving, source, events, dropped, true);
  const published = publish(receiving, source, events, dropped, false).catch((error: unknown) => {
    logError(`entries of ${source.name} cannot be published`, error);
    return answer(source, NONE, [...dropped, ...events.map(() => REASONS.failed)]);
  });
  const late = scheduler.wait(MAX_AUDIT_WAIT_MS).then(() => undefined);
  const response = await Promise.race([published, late]);
  if (response !== undefined) return response;
  receiving.waitUntil(published);
  const reason = `not published within ${MAX_AUDIT_WAIT_MS} ms; it goes on`;
  log(
    source,
    'late',
    events.map(() => reason),
  );
  return nothing();
}

/** Publishes the events of namespaces that there are. */
async function publish(
  { namespace, env }: Receiving,
  source: AuditSource,
  events: readonly CheckedEvent[],
  droppedBefore: readonly string[],
  mayBlock: boolean,
): Promise<Response> {
  const paths = events.map(({ event }) => event.namespace);
  const namespaceKeys = await findNamespaceKeys(new Set(paths), env);
  const placed = events.filter(({ event }) => namespaceKeys.has(event.namespace));
  const dropped = [
    ...droppedBefore,
    ...paths.filter((path) => !namespaceKeys.has(path)).map(unknownNamespace),
  ];
  const publisher = publisherOf(source, namespace);
  const outcomes = await publishToHubs(placed, publisher, namespaceKeys, env);
  if (!outcomes.ok) {
    const { failure } = outcomes;
    return mayBlock
      ? refuseDelivery(source, failure)
      : answer(source, NONE, [...dropped, ...placed.map(() => failure.message)]);
  }
  const report = mayBlock ? reportOf(outcomes.value) : undefined;
  return report?.ok === false
    ? refuseDelivery(source, report.failure)
    : answer(source, outcomes.value, dropped);
}

const NONE: PublishOutcomes = new Map();

/** Why an event that came to this is none. */
const REASONS: Readonly<Record<PublishFailure, string>> = {
  failed: 'its hub failed',
  full: 'the storage of this server is full',
  unusable: 'its hub cannot use its storage',
  unreadable: 'its hub cannot read its storage',
  unsupported: 'its hub has the storage of another release',
  too_many_hubs: 'there are as many event-type namespaces as are allowed',
  too_many_of_publisher: 'this source has begun as many event-type namespaces as one may',
  overloaded: 'more is published than its hub can send',
};

/** @param dropped why what should have been an event is none */
function answer(
  source: AuditSource,
  outcomes: PublishOutcomes,
  dropped: readonly string[],
): Response {
  const reasons = [...dropped];
  const ids: string[] = [];
  let duplicates = 0;
  for (const [publication, outcome] of outcomes) {
    if (!isPublished(outcome)) reasons.push(REASONS[outcome]);
    else ids.push(idOf(publication));
    if (outcome === 'duplicate') duplicates++;
  }
  if (reasons.length > 0) log(source, 'dropped', reasons);
  if (ids.length === 0) return nothing();
  return succeed({ accepted: ids.length - duplicates, duplicates, dropped: reasons.length, ids });
}

function nothing(): Response {
  return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } });
}

/** Sources of older servers, for which the reason was said: it is the same for each of their entries. */
const saidOnce = new LruCache<true>(MAX_CACHED_LOOKUPS);

function isSaid(source: string): boolean {
  const known = saidOnce.get(source) === true;
  saidOnce.set(source, true);
  return known;
}

/** Of many that went for one reason there is one line, and of many reasons a last one for all others. */
function log({ name }: AuditSource, what: 'dropped' | 'late', reasons: readonly string[]): void {
  const counts = [...Map.groupBy(reasons, (each) => each)].map(
    ([reason, { length }]) => [reason, length] as const,
  );
  const others = counts.splice(MAX_LOGGED_REASONS).reduce((sum, [, length]) => sum + length, 0);
  if (others > 0) counts.push(['other reasons', others]);
  for (const [reason, length] of counts) {
    if (reason === NO_MOUNT_POINT && isSaid(name)) continue;
    writeLine('warn', { source: name, [what]: length, reason });
  }
}
