/** The metrics of a server that stands in front of another. */
import { expect, vi } from 'vitest';
import type { MetricsSummary } from '../../../src/metrics/summary.ts';
import { it } from '../fixtures.ts';
import { granting, root } from '../security-support.ts';
import { aGuestWith } from './support.ts';

it('are at sys/events/metrics, because sys/metrics is that of the upstream', async () => {
  const guest = await aGuestWith(granting({ 'sys/events/metrics': 'read', 'sys/metrics': 'read' }));
  await vi.waitFor(async () => {
    const own = await guest.get('sys/events/metrics');
    expect(own.status).toBe(200);
    const { Counters } = (await own.json()) as MetricsSummary;
    expect(Counters.map(({ Name }) => Name)).toContain('carillon.tokens.lookups');
  });
  const passedOn = await guest.get('sys/metrics');
  expect(await passedOn.text()).not.toContain('carillon');
  // A token of Carillon is not passed on.
  expect((await root.get('sys/metrics')).status).toBe(200);
});
