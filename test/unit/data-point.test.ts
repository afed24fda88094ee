/** The points for Analytics Engine: what the platform takes, and the columns that the documentation names. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type DataPoint,
  deliveryPoint,
  HUB_COLUMNS,
  hubPoint,
  workerPoint,
} from '../../src/metrics/data-point.ts';
import { HUB_METRICS } from '../../src/metrics/hub-metrics.ts';
import { sumKey } from '../../src/metrics/metric.ts';
import { addReport } from '../../src/metrics/reports.ts';

const NOW = Date.UTC(2026, 0, 31, 12);

function points(name: string): DataPoint[] {
  const report = { format: 1, kind: 'hub', source: `/${name}`, life: 'a' } as const;
  const counts = { acceptedOfTokens: 3, acceptedOfSources: 4, 'commits.sum': 0.5 };
  const first = addReport(undefined, { ...report, counts, state: { stockJson: 9 } }, NOW);
  const later = { ...counts, acceptedOfTokens: 5 };
  const second = addReport(
    first,
    { ...report, counts: later, state: { stockJson: 8, stockProtobuf: 1 } },
    NOW + 60_000,
  );
  const labels = { namespace: 'root', hub: name };
  const delivery = { namespace: 'root', source: name, kind: 'github', outcome: 'accepted' };
  return [
    hubPoint(first, labels),
    hubPoint(second, labels),
    workerPoint({ requests: 9, clientErrors: 2, serverErrors: 1, durationMs: 1500 }, 60_000),
    deliveryPoint({ ...delivery, deliveries: 7 }, 60_000),
  ];
}

describe('a point', () => {
  it.each(['kv-v2', 'a'.repeat(256)])('has no more than the platform takes: %s', (name) => {
    for (const { indexes, blobs, doubles } of points(name)) {
      expect(indexes).toHaveLength(1);
      expect(new TextEncoder().encode(indexes[0]).length).toBeLessThanOrEqual(96);
      expect(blobs.length).toBeLessThanOrEqual(20);
      expect(new TextEncoder().encode(blobs.join('')).length).toBeLessThan(16_384);
      expect(doubles.length).toBeLessThanOrEqual(20);
      expect(doubles.every(Number.isFinite)).toBe(true);
    }
  });

  it('of a hub has what was gained since the one before, and the state', () => {
    const [first, second] = points('kv-v2');
    expect(first?.blobs).toEqual(['hub', 'root', 'kv-v2']);
    expect([first?.doubles[0], first?.doubles[11], first?.doubles[12]]).toEqual([7, 0.5, 9]);
    expect([second?.doubles[0], second?.doubles[11], second?.doubles[12]]).toEqual([2, 0, 9]);
    expect([first?.doubles.at(-1), second?.doubles.at(-1)]).toEqual([0, 60]);
  });

  it('of a shard says which one', () => {
    const report = { format: 1, kind: 'replica', source: '/kv-v2#weur-2', life: 'a' } as const;
    const shard = addReport(undefined, { ...report, counts: {}, state: { stockJson: 9 } }, NOW);
    const labels = { namespace: 'root', hub: 'kv-v2', region: 'weur', shard: '2' };
    expect(hubPoint(shard, labels).blobs).toEqual(['replica', 'root', 'kv-v2', 'weur', '2']);
  });

  it('of the Worker has requests and deliveries', () => {
    const [, , worker, delivery] = points('kv-v2');
    expect(worker?.doubles).toEqual([9, 2, 1, 1.5, 60]);
    expect(delivery?.blobs).toEqual(['delivery', 'root', 'kv-v2', 'github', 'accepted']);
    expect(delivery?.doubles).toEqual([7, 60]);
  });
});

it('every column is of keys that hubs report', () => {
  const keys = new Set(
    HUB_METRICS.flatMap(({ type, series }) =>
      Object.keys(series).map((key) => (type === 'histogram' ? sumKey(key) : key)),
    ),
  );
  expect(HUB_COLUMNS.flatMap((column) => column.keys).filter((key) => !keys.has(key))).toEqual([]);
});

it('the documentation names every column', () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `double(\d+)` \| .*$/gm)].map(([, number]) => Number(number));
  expect(rows).toEqual(Array.from({ length: HUB_COLUMNS.length + 1 }, (_, index) => index + 1));
});
