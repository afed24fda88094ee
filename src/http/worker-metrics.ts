/**
 * What an isolate of the Worker counts for Analytics Engine, if there is a dataset: requests, and deliveries to sources. It
 * is written once in `REPORT_INTERVAL_MS`, with a request, or before if much has to be told apart. What an isolate counts after that is lost when it ends.
 */

import type { MiddlewareHandler } from 'hono';
import type { Source } from '../ingest/webhooks/source.ts';
import {
  type Dataset,
  type DatasetBinding,
  type DeliveryCount,
  deliveryPoint,
  type WorkerCounts,
  workerPoint,
} from '../metrics/data-point.ts';
import { REPORT_INTERVAL_MS } from '../metrics/limits.ts';
import { pathOfKey, withSlash } from '../namespace/namespace.ts';
import type { AppEnv, NamespaceContext } from './context.ts';
import { MAX_COUNTED_DELIVERIES } from './limits.ts';

const NOTHING: WorkerCounts = { requests: 0, clientErrors: 0, serverErrors: 0, durationMs: 0 };

let counts = NOTHING;
/** By what they have in common. */
let deliveries = new Map<string, DeliveryCount>();
let writtenAt = 0;

/** Counts every request. Costs nothing without a dataset. */
export const countRequests: MiddlewareHandler<AppEnv> = (c, next) =>
  c.env.METRICS_DATASET === undefined ? next() : counted(c.env.METRICS_DATASET, c, next);

async function counted(
  dataset: Dataset,
  c: Parameters<typeof countRequests>[0],
  next: () => Promise<void>,
): Promise<void> {
  const begin = Date.now();
  await next();
  const now = Date.now();
  const { status } = c.res;
  counts = {
    requests: counts.requests + 1,
    clientErrors: counts.clientErrors + Number(status >= 400 && status < 500),
    serverErrors: counts.serverErrors + Number(status >= 500),
    durationMs: counts.durationMs + (now - begin),
  };
  if (now - writtenAt >= REPORT_INTERVAL_MS) write(dataset, now);
}

/** Counts a delivery to a source by what it was answered. */
export function countDelivery(c: NamespaceContext, source: Source, { status }: Response): void {
  countOutcome(c.env, 1, {
    namespace: withSlash(pathOfKey(c.var.namespace)) || 'root',
    source: source.name,
    kind: source.settings.kind,
    outcome: outcomeOf(status),
  });
}

/** Counts messages of a queue, which are deliveries to its source. */
export function countMessages(
  env: DatasetBinding,
  namespace: string,
  source: Source,
  { published, refused, later }: Readonly<Record<'published' | 'refused' | 'later', number>>,
): void {
  const counted = {
    namespace: withSlash(pathOfKey(namespace)) || 'root',
    source: source.name,
    kind: source.settings.kind,
  };
  countOutcome(env, published, { ...counted, outcome: 'accepted' });
  countOutcome(env, refused, { ...counted, outcome: 'invalid' });
  countOutcome(env, later, { ...counted, outcome: 'unavailable' });
  const now = Date.now();
  // An isolate that only consumes queues has no request that would write.
  if (env.METRICS_DATASET !== undefined && now - writtenAt >= REPORT_INTERVAL_MS) {
    write(env.METRICS_DATASET, now);
  }
}

/** Counts events of what passed through to the upstream. */
export function countUpstreamEvents(
  env: DatasetBinding,
  events: number,
  outcome: 'accepted' | 'lost',
): void {
  countOutcome(env, events, { namespace: 'root', source: 'upstream', kind: 'upstream', outcome });
}

function countOutcome(
  { METRICS_DATASET: dataset }: DatasetBinding,
  count: number,
  counted: Omit<DeliveryCount, 'deliveries'>,
): void {
  if (dataset === undefined || count === 0) return;
  const key = Object.values(counted).join('\n');
  const known = deliveries.get(key);
  deliveries.set(key, { ...counted, deliveries: (known?.deliveries ?? 0) + count });
  if (deliveries.size >= MAX_COUNTED_DELIVERIES) write(dataset, Date.now());
}

function outcomeOf(status: number): string {
  if (status < 400) return 'accepted';
  if (status === 401) return 'unauthorized';
  if (status === 429) return 'overloaded';
  return status < 500 ? 'invalid' : 'unavailable';
}

function write(dataset: Dataset, now: number): void {
  const ms = writtenAt === 0 ? 0 : now - writtenAt;
  writtenAt = now;
  dataset.writeDataPoint(workerPoint(counts, ms));
  for (const each of deliveries.values()) dataset.writeDataPoint(deliveryPoint(each, ms));
  counts = NOTHING;
  deliveries = new Map();
}
