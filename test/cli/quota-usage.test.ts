/** `carillon quota write`: limits that are none. */
import { expect, it } from 'vitest';
import { run } from '../support/run.ts';

it.each([
  [['--limit', 'hubs=0'], '"carillon quota delete" removes a quota'],
  [['--limit', 'hubs'], '--limit "hubs" has no number; write it as hubs=100'],
  [['--limit', 'hubs=1', '--limit', 'hubs=2'], '--limit hubs is given twice'],
  [['--limit', 'hub=1'], '--limit "hub" is unknown'],
  [[], 'missing a limit'],
])('%j is wrong use', async (limits, message) => {
  const { code, stderr } = await run(['quota', 'write', ...limits, 'team-a']);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
