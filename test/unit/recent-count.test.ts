import { expect, it } from 'vitest';
import { RecentCount } from '../../src/lib/recent-count.ts';

it('counts what happened within about the last second, and forgets what is older', () => {
  const recent = new RecentCount();
  expect(recent.at(10_000)).toBe(0);
  for (let i = 0; i < 20; i++) recent.add(10_500);
  expect(recent.at(10_999)).toBe(20);
  expect(recent.at(11_000)).toBe(20);
  expect(recent.at(11_500)).toBe(10);
  recent.add(11_500);
  expect(recent.at(11_500)).toBe(11);
  expect(recent.at(13_000)).toBe(0);
});
