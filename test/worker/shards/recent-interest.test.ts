import { expect } from 'vitest';
import { INTEREST_MS } from '../../../src/hub/limits.ts';
import { RecentInterest } from '../../../src/hub/shards/at-replica/recent-interest.ts';
import { covers, interestIn } from '../../../src/subscription/interest.ts';
import { MAX_INTERESTS } from '../../../src/subscription/limits.ts';
import { it } from '../fixtures.ts';

const wanted = (number: number) => ({ pattern: `kv/type-${number}`, namespaces: [''] });

it('subscribers that come with ever new patterns and leave change what is wanted a limited number of times', () => {
  const recent = new RecentInterest({ arm: () => undefined });
  const told = new Set<string>();
  for (let number = 0; number < 5 * MAX_INTERESTS; number++) {
    const before = interestIn(recent.all());
    const during = interestIn([...before, wanted(number)]);
    if (!covers(before, wanted(number))) told.add(JSON.stringify(during));
    recent.add(wanted(number), number);
    told.add(JSON.stringify(interestIn(recent.all())));
  }
  expect(told.size).toBeLessThanOrEqual(MAX_INTERESTS + 1);
  expect(recent.all()).toHaveLength(MAX_INTERESTS + 1);
  recent.run(INTEREST_MS + 5 * MAX_INTERESTS);
  expect(recent.isEmpty).toBe(true);
});
