/** What destinations report, at the metrics object. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { MAX_REPORTED_SOURCES } from '../../../src/metrics/limits.ts';
import type { Report } from '../../../src/metrics/reports.ts';
import { METRICS_NAME } from '../../../src/objects/names.ts';
import { labelsOf } from '../../../src/objects/reported-source.ts';
import { it } from '../fixtures.ts';

it('the hubs of a namespace with as many destinations as are allowed are shown', async () => {
  const metrics = env.METRICS.getByName(METRICS_NAME);
  const report = (kind: Report['kind'], source: string): Report => ({
    format: 1,
    kind,
    source,
    life: 'a',
    counts: {},
    state: {},
  });
  await runInDurableObject(metrics, (object) => {
    for (let index = 0; index < MAX_REPORTED_SOURCES; index++) {
      object.report(report('destination', `/d-${index}`));
    }
    for (let index = 0; index < 100; index++) object.report(report('hub', `/hub-${index}`));
  });
  const { sources } = await metrics.read('');
  expect(sources.filter(({ source }) => source.startsWith('/hub-'))).toHaveLength(100);
  expect(sources.filter(({ kind }) => kind === 'destination')).toHaveLength(
    MAX_REPORTED_SOURCES / 2,
  );
  const destination = sources.find(({ source }) => source === '/d-7');
  expect(destination && labelsOf(destination)).toEqual({ namespace: 'root', destination: 'd-7' });
});
