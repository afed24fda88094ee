/** Metrics: what reports add up to, and the two formats in which they are shown. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AUTHORITY_METRICS } from '../../src/metrics/authority-metrics.ts';
import { DESTINATION_METRICS } from '../../src/metrics/destination-metrics.ts';
import { ALL_METRICS, familiesOf, type LabelledSource } from '../../src/metrics/families.ts';
import { HUB_METRICS } from '../../src/metrics/hub-metrics.ts';
import { Durations, type Metric } from '../../src/metrics/metric.ts';
import { prometheusName, prometheusText } from '../../src/metrics/prometheus.ts';
import { addReport, type Report, valuesOf } from '../../src/metrics/reports.ts';
import { metricsSummary } from '../../src/metrics/summary.ts';
import { parseExposition } from '../support/exposition.ts';

const NOW = Date.UTC(2026, 0, 31, 12);

function report(life: string, counts: Record<string, number>, state = {}): Report {
  return { format: 1, kind: 'hub', source: '/kv-v2', life, counts, state };
}

function source(labels: LabelledSource['labels'], values: Record<string, number>): LabelledSource {
  return { kind: 'hub', labels, ageMs: 5000, values, gained: {}, gainedInMs: 0 };
}

const HUB = { namespace: 'root', hub: 'kv-v2' };

describe('reports', () => {
  it('have what was counted since the hub woke, so one that arrives twice counts once', () => {
    const first = addReport(undefined, report('a', { duplicates: 3 }), NOW);
    const again = addReport(first, report('a', { duplicates: 3 }), NOW + 1000);
    expect(valuesOf(again)).toEqual({ duplicates: 3 });
    const next = addReport(again, report('a', { duplicates: 5 }), NOW + 2000);
    expect(valuesOf(next)).toEqual({ duplicates: 5 });
  });

  it('add up over the sleep of a hub, so a counter never goes back', () => {
    const first = addReport(undefined, report('a', { duplicates: 3, sentBytes: 7 }), NOW);
    const second = addReport(first, report('b', { duplicates: 1 }), NOW + 60_000);
    const third = addReport(second, report('c', {}), NOW + 120_000);
    expect(valuesOf(second)).toEqual({ duplicates: 4, sentBytes: 7 });
    expect(valuesOf(third)).toEqual({ duplicates: 4, sentBytes: 7 });
  });

  it('replace the state', () => {
    const first = addReport(undefined, report('a', {}, { classes: 3, lagging: 1 }), NOW);
    const second = addReport(first, report('a', {}, { classes: 2 }), NOW + 60_000);
    expect(valuesOf(second)).toEqual({ classes: 2 });
  });

  it('say what was gained', () => {
    const first = addReport(undefined, report('a', { duplicates: 3 }, { appended: 10 }), NOW);
    expect(first).toMatchObject({ gained: { duplicates: 3 }, gainedInMs: 0 });
    const second = addReport(first, report('b', { duplicates: 1 }, { appended: 70 }), NOW + 30_000);
    expect(second).toMatchObject({ gained: { duplicates: 1, appended: 60 }, gainedInMs: 30_000 });
  });
});

describe('the text of Prometheus', () => {
  it('has every metric once, with its samples, as the format wants it', () => {
    const commits = new Durations();
    for (const milliseconds of [0, 1, 4, 60_000]) commits.add(milliseconds);
    const values = { stockJson: 2, sentBytes: 1e21, ...commits.values('commits') };
    const text = prometheusText(familiesOf([source(HUB, values)], 2, NOW));
    const families = parseExposition(text);
    expect(new Set(families.keys()).size).toBe(families.size);
    const sockets = families.get('carillon_sockets');
    expect(sockets?.type).toBe('gauge');
    expect(sockets?.samples).toContainEqual({
      name: 'carillon_sockets',
      labels: { ...HUB, protocol: 'stock', encoding: 'json' },
      value: 2,
    });
    expect(families.get('carillon_sent_bytes_total')?.samples[0]?.value).toBe(1e21);
    expect(families.get('carillon_reports_dropped_total')?.samples[0]?.value).toBe(2);
    const times = families.get('db_client_operation_duration_seconds');
    const buckets = times?.samples.filter(({ name }) => name.endsWith('_bucket'));
    expect(buckets?.map(({ labels, value }) => [labels.le, value])).toEqual([
      ['0.001', 2],
      ['0.005', 3],
      ['0.01', 3],
      ['0.05', 3],
      ['0.1', 3],
      ['0.5', 3],
      ['1', 3],
      ['5', 3],
      ['10', 3],
      ['+Inf', 4],
    ]);
    const of = (suffix: string) => times?.samples.find(({ name }) => name.endsWith(suffix))?.value;
    expect([of('_count'), of('_sum')]).toEqual([4, 60.005]);
  });

  it('escapes what a label may have', () => {
    const labels = { namespace: 'a"b\\c\nd', hub: 'ä{}=,' };
    const families = parseExposition(prometheusText(familiesOf([source(labels, {})], 0, NOW)));
    expect(families.get('carillon_classes')?.samples[0]?.labels).toEqual(labels);
  });

  it('is text without hubs, too', () => {
    const families = parseExposition(prometheusText(familiesOf([], 0, NOW)));
    expect([...families.keys()]).toEqual(['carillon_reports_dropped_total']);
  });

  it('says how old a report and the oldest event are', () => {
    const values = { journalOldestAt: NOW - 90_000 };
    const families = parseExposition(prometheusText(familiesOf([source(HUB, values)], 0, NOW)));
    expect(families.get('carillon_journal_age_seconds')?.samples[0]?.value).toBe(90);
    expect(families.get('carillon_report_age_seconds')?.samples[0]).toMatchObject({
      labels: { source: 'hub', ...HUB },
      value: 5,
    });
  });
});

describe('a hub with replicas', () => {
  const replica = (shard: Record<string, string>, values: Record<string, number>) => ({
    ...source({ ...HUB, region: 'weur', ...shard }, values),
    kind: 'replica' as const,
  });
  const sources = [
    source(HUB, { stockJson: 2, journalEvents: 7, 'regionLag.weur': 0, 'regionShards.weur': 2 }),
    replica({}, { stockJson: 3, 'shardLag.1': 0, 'shardLag.2': 9 }),
    replica({ shard: '2' }, { stockJson: 40, historyCalls: 1 }),
  ];
  const families = parseExposition(prometheusText(familiesOf(sources, 0, NOW)));
  const samplesOf = (name: string) => families.get(name)?.samples ?? [];

  it('counts each socket once', () => {
    const sockets = samplesOf('carillon_sockets').map(({ value }) => value);
    expect(sockets.reduce((sum, value) => sum + value, 0)).toBe(45);
  });

  it('has one journal, and says which replica called', () => {
    expect(samplesOf('carillon_journal_events').map(({ labels }) => labels)).toEqual([HUB]);
    expect(samplesOf('carillon_parent_calls_total')).toContainEqual({
      name: 'carillon_parent_calls_total',
      labels: { ...HUB, region: 'weur', shard: '2', call: 'history' },
      value: 1,
    });
  });

  it('shows the regions and the shards that there are, also if they do not lag', () => {
    expect(samplesOf('carillon_region_lag')).toEqual([
      { name: 'carillon_region_lag', labels: { ...HUB, region: 'weur' }, value: 0 },
    ]);
    expect(
      samplesOf('carillon_shard_lag').map(({ labels, value }) => [labels.shard, value]),
    ).toEqual([
      ['1', 0],
      ['2', 9],
    ]);
    expect(families.has('carillon_region_sockets')).toBe(false);
  });
});

it('a destination has metrics of its own, and none of a hub', () => {
  const labels = { namespace: 'root', destination: 'cache' };
  const values = { attemptsFailed: 3, delivered: 40, paused: 1 };
  const destination = { ...source(labels, values), kind: 'destination' as const };
  const families = parseExposition(prometheusText(familiesOf([destination], 0, NOW)));
  expect(families.get('carillon_destination_attempts_total')?.samples).toContainEqual({
    name: 'carillon_destination_attempts_total',
    labels: { ...labels, result: 'failed' },
    value: 3,
  });
  expect(families.get('carillon_destination_paused')?.samples[0]).toMatchObject({
    labels,
    value: 1,
  });
  expect([...families.keys()].filter((name) => !name.startsWith('carillon_destination_'))).toEqual([
    'carillon_report_age_seconds',
    'carillon_reports_dropped_total',
  ]);
});

describe('the names', () => {
  it('are those of OpenTelemetry in the form of Prometheus, each once', () => {
    const names = ALL_METRICS.map(prometheusName);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const name of names) expect(name).toMatch(/^(carillon|db)_[a-z0-9_]+$/);
    expect(names).toContain('db_client_operation_duration_seconds');
    const dotted = ALL_METRICS.map(({ name }) => name);
    expect(dotted.filter((name, index) => dotted.indexOf(name) !== index)).toEqual([]);
  });
});

describe('the JSON of Vault', () => {
  const commits = new Durations();
  commits.add(500);
  commits.add(1500);
  const values = { stockJson: 2, duplicates: 30, ...commits.values('commits') };
  const gained = { duplicates: 15, 'commits.5': 2 };
  const measured = { ...source(HUB, values), gained, gainedInMs: 30_000 };
  const summary = metricsSummary(familiesOf([measured], 0, NOW), NOW);

  it('has gauges, counters and samples with their labels', () => {
    expect(summary.Timestamp).toBe('2026-01-31 12:00:00 +0000 UTC');
    expect(summary.Points).toEqual([]);
    expect(summary.Gauges).toContainEqual({
      Name: 'carillon.sockets',
      Value: 2,
      Labels: { ...HUB, protocol: 'stock', encoding: 'json' },
    });
    expect(summary.Counters).toContainEqual({
      Name: 'carillon.events.duplicates',
      Count: 30,
      Rate: 0.5,
      Sum: 30,
      Labels: HUB,
    });
    expect(summary.Samples).toEqual([
      {
        Name: 'db.client.operation.duration',
        Count: 2,
        Rate: 2 / 30,
        Sum: 2,
        Mean: 1,
        Labels: { ...HUB, db_system_name: 'sqlite', db_collection_name: 'segments' },
      },
    ]);
  });
});

it('the documentation has every metric, with its type and its labels', () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [
    ...page.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) \| (.+) \|$/gm),
  ];
  const documented = rows.map(([, name, type, labels = '']) => [name, type, labels]);
  const labelsOf = ({ series = {}, by }: Partial<Metric>) => {
    if (by !== undefined) return `\`${by}\``;
    const names = new Set(Object.values(series).flatMap((labels) => Object.keys(labels)));
    const valuesOf = (name: string) =>
      new Set(Object.values(series).map((labels) => `\`${labels[name]}\``));
    return Array.from(names, (name) => `\`${name}\`: ${[...valuesOf(name)].join(', ')}`).join('; ');
  };
  const code = [...HUB_METRICS, ...AUTHORITY_METRICS, ...DESTINATION_METRICS].map((metric) => [
    prometheusName(metric),
    metric.type,
    labelsOf(metric),
  ]);
  expect(documented.slice(0, code.length)).toEqual(code);
  expect(documented.map(([name]) => name)).toEqual(ALL_METRICS.map(prometheusName));
});
