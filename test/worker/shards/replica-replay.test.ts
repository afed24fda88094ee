/** What a stock subscriber that resumes at a replica is sent, of what the replica has to fetch. */
import { expect } from 'vitest';
import { Replay } from '../../../src/hub/catch-up/replay.ts';
import { ReplayThrottle } from '../../../src/hub/catch-up/replay-throttle.ts';
import { TurnBudget } from '../../../src/hub/delivery/turn-budget.ts';
import { leadsBack } from '../../../src/hub/journal/position.ts';
import { PositionLookup } from '../../../src/hub/journal/position-lookup.ts';
import type { SubscriberJournal } from '../../../src/hub/journal/subscriber-journal.ts';
import { MAX_REPLAY_BYTES } from '../../../src/hub/limits.ts';
import { it } from '../fixtures.ts';
import { append, frameOf, record } from '../journal-support.ts';
import { someMemory } from '../support.ts';
import { staged } from './replica-support.ts';

const SIZE = 20_000;
const MANY = Math.ceil((1.5 * MAX_REPLAY_BYTES) / SIZE);

/** The ids that a replay sends, and whether more follow. */
async function replayed(journal: SubscriberJournal) {
  const budget = new TurnBudget();
  const lookup = new PositionLookup(journal);
  const parts = { journal, budget, throttle: new ReplayThrottle(budget), memory: someMemory() };
  const replay = new Replay(parts, 0, {
    owner: '',
    encoding: 'json',
    wants: () => true,
    leadsBack: (event) => leadsBack(event, lookup, () => true),
    lookup,
  });
  expect(await replay.reserve()).toBe(true);
  await replay.readMost();
  replay.readRest();
  replay.release();
  const ids = replay.messages.map((json) => (JSON.parse(String(json)) as { id: string }).id);
  return { ids, isFull: replay.isFull };
}

it.for([
  ['different', (i: number) => `e${i}`],
  ['mostly the same', (i: number) => (i % 10 === 0 ? `e${i}` : 'same')],
] as const)('ends where the hub would end it, with ids that are %s', ([, idOf]) =>
  staged(async ({ journal, replica, feed }) => {
    const note = 'n'.repeat(SIZE);
    for (let i = 0; i < MANY; i++) {
      const event = record(idOf(i), 1000 + i, frameOf(idOf(i), note));
      // Several publishers may use the same id.
      append(journal, { ...event, key: event.key.replace('p', `p${i}`) });
    }
    feed();
    const atHub = await replayed(journal);
    expect(atHub.isFull).toBe(true);
    expect(await replayed(replica)).toEqual(atHub);
  }),
);
