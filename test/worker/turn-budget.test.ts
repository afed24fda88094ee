/** What counts how much in a turn of the event loop. */
import { expect, it } from 'vitest';
import { factsOf } from '../../src/event/facts.ts';
import { MAX_FILTERED_CHARACTERS } from '../../src/event/filter/limits.ts';
import type { AccessCache } from '../../src/hub/authority-sync/access-cache.ts';
import { Authorizer } from '../../src/hub/authority-sync/authorizer.ts';
import { EntryMatcher } from '../../src/hub/delivery/entry-matcher.ts';
import { TurnBudget } from '../../src/hub/delivery/turn-budget.ts';
import { Matcher } from '../../src/subscription/matcher.ts';
import { anEvent } from '../unit/support/events.ts';

/** How many filters are asked in one turn. */
function inOneTurn(filter: string, dataPath: string): number {
  const budget = new TurnBudget();
  const entryMatcher = new EntryMatcher(new Authorizer({} as AccessCache, budget), budget);
  const matcher = new Matcher({ pattern: '*', namespaces: [''], filter });
  const facts = factsOf(anEvent({ metadata: { data_path: dataPath } }));
  let asked = 0;
  while (!budget.isSpent && asked < 10_000) {
    entryMatcher.passesFilter(matcher, facts);
    asked++;
  }
  return asked;
}

it('thousands of usual filters are asked in one turn', () => {
  expect(inOneTurn('data_path contains "team-a"', 'secret/data/team-a/item')).toBeGreaterThan(3000);
  expect(inOneTurn('operation == "write"', 'x'.repeat(30_000))).toBe(10_000);
});

it('slow filters are asked a few in a turn, unless the text is longer than they search', () => {
  const slow = 'data_path matches "[a-z]{0,400}z$"';
  const text = 'a'.repeat(MAX_FILTERED_CHARACTERS);
  expect(inOneTurn(slow, text)).toBeLessThan(5);
  expect(inOneTurn(slow, `${text}a`)).toBeGreaterThan(20);
});
