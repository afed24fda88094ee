/**
 * The JSON of Vault's `sys/metrics`. Vault has what happened in the last ten seconds. Here, counters and samples add up
 * from the first report on, and `Rate` is that of the time between the last two reports. What is not measured (`Min`,
 * `Max`, `Stddev`) is left out.
 */

import type { Family, Sample } from './families.ts';
import type { Labels } from './metric.ts';

export interface MetricsSummary {
  readonly Timestamp: string;
  readonly Gauges: readonly SummaryGauge[];
  /** Vault's library has these for values without a type. There are none. */
  readonly Points: readonly never[];
  readonly Counters: readonly SummaryCounter[];
  /** Of durations, in seconds. */
  readonly Samples: readonly SummarySample[];
}

export interface SummaryGauge {
  readonly Name: string;
  readonly Value: number;
  readonly Labels: Labels;
}

export interface SummaryCounter {
  readonly Name: string;
  readonly Count: number;
  readonly Rate: number;
  readonly Sum: number;
  readonly Labels: Labels;
}

export interface SummarySample extends SummaryCounter {
  readonly Mean: number;
}

/** @param now Unix milliseconds */
export function metricsSummary(families: readonly Family[], now: number): MetricsSummary {
  const of = <T>(type: Family['metric']['type'], show: (name: string, sample: Sample) => T) =>
    families
      .filter(({ metric }) => metric.type === type)
      .flatMap(({ metric, samples }) => samples.map((sample) => show(metric.name, sample)));
  return {
    Timestamp: `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`,
    Gauges: of('gauge', (Name, { labels: Labels, value: Value }) => ({ Name, Value, Labels })),
    Points: [],
    Counters: of('counter', (Name, { labels: Labels, value, rate: Rate }) => ({
      Name,
      Count: value,
      Rate,
      Sum: value,
      Labels,
    })),
    Samples: of('histogram', (Name, { labels: Labels, value: Sum, rate: Rate, buckets = [] }) => {
      const Count = buckets.reduce((sum, count) => sum + count, 0);
      return { Name, Count, Rate, Sum, Mean: Count === 0 ? 0 : Sum / Count, Labels };
    }),
  };
}
