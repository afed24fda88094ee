/** What `sys/metrics` says of each hub, with its replicas, as a row. Pure. */
import { isJsonObject } from '../../lib/json.ts';

export interface HubRow {
  /** The Vault namespace: `root`, or `team-a/`. */
  readonly namespace: string;
  /** An event-type namespace, or `*` for the wildcard hub. */
  readonly hub: string;
  sockets: number;
  /** Events a second, between the last two reports of the hub. */
  accepted_per_second: number;
  deliveries_per_second: number;
  /** The average since the hub began to report. */
  commit_ms: number;
  /** Subscribers of `carillon.v1` that lag behind the journal. */
  lagging: number;
  feed_lag: number;
  /** Events that the region furthest behind has not confirmed. */
  region_lag: number;
  queue_peak: number;
  journal_events: number;
  /** Requests that publish and handshakes that were refused, since the hub began to report. */
  refused: number;
  /** Age of the last report. */
  report_age_seconds: number;
}

export const SORTS = ['deliveries', 'sockets', 'lag', 'commit'] as const;
export type Sort = (typeof SORTS)[number];

const WEIGHT: Readonly<Record<Sort, (row: HubRow) => number>> = {
  deliveries: (row) => row.deliveries_per_second,
  sockets: (row) => row.sockets,
  lag: (row) => row.lagging + row.feed_lag + row.region_lag,
  commit: (row) => row.commit_ms,
};

/** What a metric adds to the row of its hub. */
const READ: Readonly<Record<string, (row: HubRow, metric: Metric) => void>> = {
  'carillon.sockets': (row, { Value }) => {
    row.sockets += Value;
  },
  'carillon.subscribers.lagging': (row, { Value }) => {
    row.lagging += Value;
  },
  'carillon.feed.lag': (row, { Value }) => {
    row.feed_lag = Value;
  },
  'carillon.region.lag': (row, { Value }) => {
    row.region_lag = Math.max(row.region_lag, Value);
  },
  'carillon.queue.peak.events': (row, { Value }) => {
    row.queue_peak = Value;
  },
  'carillon.journal.events': (row, { Value }) => {
    row.journal_events = Value;
  },
  'carillon.report.age': (row, { Value, Labels }) => {
    // A replica reports by itself. The row is as old as what its hub says.
    if (Labels.region === undefined) row.report_age_seconds = Value;
  },
  'carillon.events.accepted': (row, { Rate }) => {
    row.accepted_per_second += Rate;
  },
  'carillon.deliveries': (row, { Rate }) => {
    row.deliveries_per_second += Rate;
  },
  'carillon.publish.requests': (row, { Count, Labels }) => {
    if (Labels.outcome !== 'stored') row.refused += Count;
  },
  'carillon.handshakes': (row, { Count, Labels }) => {
    if (Labels.outcome !== 'accepted') row.refused += Count;
  },
  'db.client.operation.duration': (row, { Mean }) => {
    row.commit_ms = Mean * 1000;
  },
};

interface Metric {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Value: number;
  readonly Count: number;
  readonly Rate: number;
  readonly Mean: number;
}

/** @returns the rows, the first by the order first; undefined if the answer is not that of `sys/metrics` */
export function hubRows(answer: unknown, sort: Sort): HubRow[] | undefined {
  if (!isJsonObject(answer)) return undefined;
  const lists = [answer.Gauges, answer.Counters, answer.Samples];
  if (!lists.every((list) => Array.isArray(list))) return undefined;
  const rows = new Map<string, HubRow>();
  for (const metric of lists.flat() as Metric[]) {
    const { namespace, hub } = metric.Labels ?? {};
    const read = READ[metric.Name];
    if (namespace === undefined || hub === undefined || read === undefined) continue;
    const key = `${namespace}\n${hub}`;
    const row = rows.get(key) ?? emptyRow(namespace, hub);
    rows.set(key, row);
    read(row, metric);
  }
  const weight = WEIGHT[sort];
  return [...rows.values()].sort((a, b) => weight(b) - weight(a));
}

function emptyRow(namespace: string, hub: string): HubRow {
  return {
    namespace,
    hub,
    sockets: 0,
    accepted_per_second: 0,
    deliveries_per_second: 0,
    commit_ms: 0,
    lagging: 0,
    feed_lag: 0,
    region_lag: 0,
    queue_peak: 0,
    journal_events: 0,
    refused: 0,
    report_age_seconds: 0,
  };
}
