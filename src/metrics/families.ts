/** The metrics of many sources, metric by metric, as both formats list them. */

import { AUTHORITY_METRICS } from './authority-metrics.ts';
import { DESTINATION_METRICS } from './destination-metrics.ts';
import { HUB_METRICS } from './hub-metrics.ts';
import {
  bucketKey,
  DURATION_BOUNDS,
  type Labels,
  labelledKey,
  type Metric,
  sumKey,
  type Values,
} from './metric.ts';
import type { Report } from './reports.ts';

/** What is known of a source, and how it is named. */
export interface LabelledSource {
  readonly kind: Report['kind'];
  readonly labels: Labels;
  /** Milliseconds since its last report. */
  readonly ageMs: number;
  readonly values: Values;
  /** What the values have gained with the last report, and in how many milliseconds; 0 if that is not known. */
  readonly gained: Values;
  readonly gainedInMs: number;
}

export interface Family {
  readonly metric: Omit<Metric, 'series' | 'isTime' | 'of' | 'by'>;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Labels;
  /** Of a histogram the sum. */
  readonly value: number;
  /** Gained each second. */
  readonly rate: number;
  /** Of a histogram how many there are up to each bound and above the one before; the last are above all. */
  readonly buckets?: readonly number[];
}

const REPORT_AGE = {
  name: 'carillon.report.age',
  type: 'gauge',
  unit: 's',
  help: 'Time since the last report of a hub, a replica, an authority or a destination: the age of its other metrics.',
} as const;

const REPORTS_DROPPED = {
  name: 'carillon.reports.dropped',
  type: 'counter',
  help: 'Reports that were dropped, because as many hubs, replicas, authorities and destinations report as are allowed.',
} as const;

/** Every metric that there is. */
export const ALL_METRICS: readonly Family['metric'][] = [
  ...HUB_METRICS,
  ...AUTHORITY_METRICS,
  ...DESTINATION_METRICS,
  REPORT_AGE,
  REPORTS_DROPPED,
];

/** @param now Unix milliseconds */
export function familiesOf(
  sources: readonly LabelledSource[],
  dropped: number,
  now: number,
): Family[] {
  const ofKind = (wanted: Report['kind']) => sources.filter(({ kind }) => kind === wanted);
  const hubs = sources.filter(({ kind }) => kind === 'hub' || kind === 'replica');
  const having = ({ of }: Metric) => (of === undefined ? hubs : ofKind(of));
  const authorities = ofKind('authority');
  const destinations = ofKind('destination');
  const ages = sources.map(({ kind, labels, ageMs }) => ({
    labels: { source: kind, ...labels },
    value: ageMs / 1000,
    rate: 0,
  }));
  return [
    ...HUB_METRICS.map((metric) => familyOf(metric, having(metric), now)),
    ...AUTHORITY_METRICS.map((metric) => familyOf(metric, authorities, now)),
    ...DESTINATION_METRICS.map((metric) => familyOf(metric, destinations, now)),
    { metric: REPORT_AGE, samples: ages },
    { metric: REPORTS_DROPPED, samples: [{ labels: {}, value: dropped, rate: 0 }] },
  ].filter(({ samples }) => samples.length > 0);
}

function familyOf(metric: Metric, sources: readonly LabelledSource[], now: number): Family {
  const samples = sources.flatMap((source) =>
    Object.entries(metric.series).flatMap(([key, labels]) =>
      metric.by === undefined
        ? [sampleOf(metric, source, key, labels, now)]
        : Array.from(reportedBy(key, source.values), ([each, value]) =>
            sampleOf(metric, source, each, { ...labels, [metric.by as string]: value }, now),
          ),
    ),
  );
  return { metric, samples };
}

/** The keys that a source reports of a series, each with the value of its label. */
function reportedBy(key: string, values: Values): [key: string, value: string][] {
  const prefix = labelledKey(key, '');
  return Object.keys(values)
    .filter((each) => each.startsWith(prefix))
    .map((each) => [each, each.slice(prefix.length)]);
}

function sampleOf(
  { type, isTime = false }: Metric,
  { labels: ofSource, values, gained, gainedInMs }: LabelledSource,
  key: string,
  ofSeries: Labels,
  now: number,
): Sample {
  const labels = { ...ofSource, ...ofSeries };
  const perSecond = (gain: number) => (gainedInMs === 0 ? 0 : (gain * 1000) / gainedInMs);
  if (type === 'histogram') {
    const buckets = bucketsIn(values, key);
    const gains = bucketsIn(gained, key).reduce((sum, gain) => sum + gain, 0);
    return { labels, value: values[sumKey(key)] ?? 0, rate: perSecond(gains), buckets };
  }
  const value = values[key] ?? 0;
  return {
    labels,
    value: isTime && value > 0 ? Math.max(now - value, 0) / 1000 : value,
    rate: type === 'counter' ? perSecond(gained[key] ?? 0) : 0,
  };
}

function bucketsIn(values: Values, key: string): number[] {
  const indexes = Array.from({ length: DURATION_BOUNDS.length + 1 }, (_, index) => index);
  return indexes.map((index) => values[bucketKey(key, index)] ?? 0);
}
