/**
 * The points of an Analytics Engine dataset: a row with one index, twenty texts and twenty numbers at most. The columns have
 * no names there. docs/metrics.md names them, in this order. A column is only ever added at the end.
 */

import type { Labels, Values } from './metric.ts';
import type { KnownSource } from './reports.ts';

export interface DataPoint {
  readonly indexes: [string];
  readonly blobs: string[];
  readonly doubles: number[];
}

/** The binding of the platform, as far as it is used. */
export interface Dataset {
  writeDataPoint(point: DataPoint): void;
}

/** The operator may add it in `wrangler.toml`. */
export interface DatasetBinding {
  readonly METRICS_DATASET?: Dataset;
}

/** Bytes of an index. Names are ASCII. */
const MAX_INDEX_BYTES = 96;

/** A column is the sum of these keys: of what they have gained since the report before, or of what they are. */
interface Column {
  readonly of: 'gained' | 'state';
  readonly keys: readonly string[];
}

export const HUB_COLUMNS: readonly Column[] = [
  { of: 'gained', keys: ['acceptedOfTokens', 'acceptedOfSources'] },
  { of: 'gained', keys: ['duplicates'] },
  {
    of: 'gained',
    keys: ['publishOverloaded', 'publishTooManyHubs', 'publishTooManyOfPublisher', 'publishFailed'],
  },
  { of: 'gained', keys: ['liveToStock', 'liveToAcking', 'missedToStock', 'missedToAcking'] },
  { of: 'gained', keys: ['sentBytes'] },
  { of: 'gained', keys: ['handshakesAccepted'] },
  {
    of: 'gained',
    keys: ['handshakesInvalid', 'handshakesForbidden', 'handshakesUnavailable'],
  },
  { of: 'gained', keys: ['resumesFull', 'resumesPartial'] },
  { of: 'gained', keys: ['resumesWithGap'] },
  { of: 'gained', keys: ['fallenBehind'] },
  { of: 'gained', keys: ['feedsFailed'] },
  { of: 'gained', keys: ['commits.sum'] },
  { of: 'state', keys: ['stockJson', 'stockProtobuf'] },
  { of: 'state', keys: ['ackingJson', 'ackingProtobuf'] },
  { of: 'state', keys: ['journalEvents'] },
  { of: 'state', keys: ['journalBytes'] },
  { of: 'state', keys: ['lagging'] },
  { of: 'state', keys: ['feedLag'] },
  { of: 'state', keys: ['queuedEvents'] },
];

/** Of a hub, or of one of its replicas. The last column is the seconds since the report before. */
export function hubPoint(source: KnownSource, labels: Labels): DataPoint {
  const { kind, gained, gainedInMs, state } = source;
  const { namespace = '', hub = '', region = '', shard = '' } = labels;
  const columns = HUB_COLUMNS.map(({ of, keys }) => sumOf(of === 'gained' ? gained : state, keys));
  return {
    indexes: [`${namespace}/${hub}`.slice(-MAX_INDEX_BYTES)],
    blobs: kind === 'replica' ? [kind, namespace, hub, region, shard] : ['hub', namespace, hub],
    doubles: [...columns, gainedInMs / 1000],
  };
}

/** What an isolate of the Worker has counted in some seconds. */
export interface WorkerCounts {
  readonly requests: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  readonly durationMs: number;
}

export function workerPoint(
  { requests, clientErrors, serverErrors, durationMs }: WorkerCounts,
  ms: number,
): DataPoint {
  return {
    indexes: ['worker'],
    blobs: ['worker'],
    doubles: [requests, clientErrors, serverErrors, durationMs / 1000, ms / 1000],
  };
}

/** Deliveries to a source that had the same outcome. */
export interface DeliveryCount {
  /** The path of its Vault namespace. */
  readonly namespace: string;
  readonly source: string;
  readonly kind: string;
  readonly outcome: string;
  readonly deliveries: number;
}

export function deliveryPoint(
  { namespace, source, kind, outcome, deliveries }: DeliveryCount,
  ms: number,
): DataPoint {
  return {
    indexes: [`${namespace}/${source}`.slice(-MAX_INDEX_BYTES)],
    blobs: ['delivery', namespace, source, kind, outcome],
    doubles: [deliveries, ms / 1000],
  };
}

function sumOf(values: Values, keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + (values[key] ?? 0), 0);
}
