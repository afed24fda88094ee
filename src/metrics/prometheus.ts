/**
 * The text format of Prometheus, version 0.0.4. Names are made of OpenTelemetry's as its specification of the
 * compatibility with Prometheus says: underscores in place of dots, then the unit, and `_total` after a counter.
 */

import type { Family, Sample } from './families.ts';
import { DURATION_BOUNDS, type Labels } from './metric.ts';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const UNITS = { By: '_bytes', s: '_seconds' } as const;

export function prometheusName({ name, type, unit }: Family['metric']): string {
  const withUnit = name.replaceAll('.', '_') + (unit === undefined ? '' : UNITS[unit]);
  return type === 'counter' ? `${withUnit}_total` : withUnit;
}

export function prometheusText(families: readonly Family[]): string {
  return families.map(familyText).join('');
}

function familyText({ metric, samples }: Family): string {
  const name = prometheusName(metric);
  const lines = samples.flatMap((sample) =>
    metric.type === 'histogram'
      ? histogramLines(name, sample)
      : [`${name}${labelText(sample.labels)} ${sample.value}`],
  );
  const help = metric.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${metric.type}`, ...lines, ''].join('\n');
}

/** A bucket has everything up to its bound. */
function histogramLines(name: string, { labels, value, buckets = [] }: Sample): string[] {
  let count = 0;
  const lines = buckets.map((added, index) => {
    count += added;
    const le = DURATION_BOUNDS[index] ?? '+Inf';
    return `${name}_bucket${labelText({ ...labels, le: String(le) })} ${count}`;
  });
  const text = labelText(labels);
  return [...lines, `${name}_sum${text} ${value}`, `${name}_count${text} ${count}`];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
