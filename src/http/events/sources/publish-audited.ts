/** Publishes the events of audit entries, and says in the log what became of those that were not published. */

import { NO_MOUNT_POINT } from '../../../ingest/audit/mount-path.ts';
import type { CheckedEvent } from '../../../ingest/read-events.ts';
import type { AuditSource } from '../../../ingest/webhooks/source.ts';
import { LruCache } from '../../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../../lib/limits.ts';
import { log, logError } from '../../../lib/log.ts';
import type { Result } from '../../../lib/result.ts';
import { MAX_LOGGED_REASONS } from '../../limits.ts';
import { DROP_REASONS } from '../../publishing/drop-reasons.ts';
import { type PublishOutcome, refusalOf } from '../../publishing/outcomes.ts';
import {
  findNamespaceKeys,
  type Published,
  type Publisher,
  unknownNamespace,
} from '../../publishing/publish-events.ts';
import { succeed } from '../../respond.ts';
import type { AuditedEvents } from './delivery-events.ts';
import { refuseDelivery } from './responses.ts';
import { sourcePublisher } from './source-lookup.ts';

/** As `publishToHubs` without its last parameter. */
export type SendAudited = (
  events: readonly CheckedEvent[],
  publisher: Publisher,
  namespaceKeys: ReadonlyMap<string, string>,
) => Promise<Result<Published>>;

export interface AuditPublishing {
  readonly source: AuditSource;
  /** The key of the namespace of the source. */
  readonly namespace: string;
  readonly env: Env;
  /** Whether an event that cannot be published is refused instead of dropped. */
  readonly mayBlock: boolean;
  readonly send: SendAudited;
}

export async function publishAudited(
  { source, namespace, env, mayBlock, send }: AuditPublishing,
  events: AuditedEvents,
): Promise<Response> {
  const publisher = sourcePublisher(source, namespace);
  const { known, lost, published } = await sendAudited(events, publisher, env, send);
  if (!published.ok) {
    const { failure } = published;
    return mayBlock
      ? refuseDelivery(source, failure)
      : answerAudited(source, [...lost, ...known.map(() => failure.message)]);
  }
  const { outcomes, quota } = published.value;
  const refusal = mayBlock ? refusalOf(known, outcomes, quota) : undefined;
  return refusal === undefined
    ? answerAudited(source, lost, known, outcomes)
    : refuseDelivery(source, refusal);
}

interface SentEvents {
  /** The events that were sent. */
  readonly known: readonly CheckedEvent[];
  /** For each other one: why it is lost. */
  readonly lost: readonly string[];
  /** What became of the known ones. */
  readonly published: Result<Published>;
}

/** Sends events to their hubs, except those of Vault namespaces that do not exist here. */
export async function sendAudited(
  { events, dropped }: AuditedEvents,
  publisher: Publisher,
  env: Env,
  send: SendAudited,
): Promise<SentEvents> {
  const paths = events.map(({ event }) => event.namespace);
  const namespaceKeys = await findNamespaceKeys(new Set(paths), env);
  const isKnown = (path: string) => namespaceKeys.has(path);
  const known = events.filter(({ event }) => isKnown(event.namespace));
  const lost = [...dropped, ...paths.filter((path) => !isKnown(path)).map(unknownNamespace)];
  return { known, lost, published: await send(known, publisher, namespaceKeys) };
}

/**
 * Publishing threw.
 *
 * @param events what was to be published
 */
export function answerFailed(
  source: AuditSource,
  error: unknown,
  dropped: readonly string[],
  events: readonly unknown[],
): Response {
  logError(`entries of ${source.name} cannot be published`, error);
  return answerAudited(source, [...dropped, ...events.map(() => DROP_REASONS.failed)]);
}

/**
 * @param dropped for each event that was lost before it could be published: why
 * @param events the others
 * @param outcomes of each of these, in their order
 */
export function answerAudited(
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

export function noContent(): Response {
  return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } });
}

/** Sources of older servers. `NO_MOUNT_POINT` is true of each of their entries, so it is logged once. */
const logged = new LruCache<true>(MAX_CACHED_LOOKUPS);

/**
 * One line for each reason with the number of its events, and a last line for all reasons beyond the limit.
 *
 * @param reasons one for each event
 */
export function logEvents(
  what: 'dropped' | 'late',
  source: string,
  reasons: readonly string[],
): void {
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
