/** What counts how much in a turn of the event loop. */
import { expect, it } from 'vitest';
import { factsOf } from '../../src/event/facts.ts';
import { MAX_FILTERED_CHARACTERS } from '../../src/event/filter/limits.ts';
import type { AccessCache } from '../../src/hub/authority-sync/access-cache.ts';
import { Authorizer } from '../../src/hub/authority-sync/authorizer.ts';
import { EntryMatcher } from '../../src/hub/delivery/entry-matcher.ts';
import { TurnBudget } from '../../src/hub/delivery/turn-budget.ts';
import { MAX_TURN_BYTES } from '../../src/hub/limits.ts';
import { Matcher } from '../../src/subscription/matcher.ts';
import { anEvent } from '../unit/support/events.ts';

/** How many filters are asked in one turn. */
async function inOneTurn(filter: string, dataPath: string): Promise<number> {
  const budget = new TurnBudget();
  await budget.nextTurn();
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

it('thousands of usual filters are asked in one turn', async () => {
  expect(await inOneTurn('data_path contains "team-a"', 'secret/data/team-a/item')).toBeGreaterThan(
    3000,
  );
  expect(await inOneTurn('operation == "write"', 'x'.repeat(30_000))).toBe(10_000);
});

it('slow filters are asked a few in a turn, unless the text is longer than they search', async () => {
  const slow = 'data_path matches "[a-z]{0,400}z$"';
  const text = 'a'.repeat(MAX_FILTERED_CHARACTERS);
  expect(await inOneTurn(slow, text)).toBeLessThan(5);
  expect(await inOneTurn(slow, `${text}a`)).toBeGreaterThan(20);
});

it('several hubs share the budget of a turn', async () => {
  const [one, two] = [new TurnBudget(), new TurnBudget()];
  await one.nextTurn();
  one.count(MAX_TURN_BYTES);
  expect(two.isSpent).toBe(true);
  let turn = 0;
  let isOver = false;
  const turns: number[] = [];
  const ticking = async () => {
    for (; !isOver; turn++) await scheduler.wait(0);
  };
  const work = async (budget: TurnBudget) => {
    for (let i = 0; i < 5; i++) {
      await budget.nextTurn();
      turns.push(turn);
      budget.count(MAX_TURN_BYTES);
    }
  };
  await Promise.all([
    ticking(),
    Promise.all([work(one), work(two)]).then(() => {
      isOver = true;
    }),
  ]);
  // No two of them in one turn.
  expect(new Set(turns).size).toBe(10);
});

it('is restored after the turn, though nobody waits for that', async () => {
  const budget = new TurnBudget();
  await budget.nextTurn();
  budget.count(MAX_TURN_BYTES);
  expect(budget.isSpent).toBe(true);
  await scheduler.wait(5);
  expect(budget.isSpent).toBe(false);
});
