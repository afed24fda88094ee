/** What the tests of deliveries that take several turns share: they stop one between two turns. */
import { vi } from 'vitest';
import { TurnBudget } from '../../src/hub/delivery/turn-budget.ts';
import { aGate, on, until } from './security-support.ts';
import type { Subscriber } from './support.ts';

/** A batch that takes ten subscribers several turns: some 120 kB of frames. */
const BATCH = 100;

export function aBatch(name: string, path = 'secret/a', size = 1000): object[] {
  return Array.from({ length: BATCH }, (_, i) =>
    on(path, { id: `${name} ${i}`, note: 'x'.repeat(size) }),
  );
}

export function idsOf(name: string): string[] {
  return Array.from({ length: BATCH }, (_, i) => `${name} ${i}`);
}

/** Holds up a delivery after as many turns, until it is let go. */
export function heldTurns(after = 1): { held(): Promise<void>; letGo(): void } {
  const gate = aGate();
  const { nextTurn } = TurnBudget.prototype;
  let turns = 0;
  vi.spyOn(TurnBudget.prototype, 'nextTurn').mockImplementation(async function (this: TurnBudget) {
    if (++turns === after + 1) await gate.passed();
    return nextTurn.call(this);
  });
  return { held: () => until(gate.reached), letGo: gate.open };
}

/** The bytes that all hubs sent in each turn of the event loop, or in two: a timer that fires in each counts them. */
export function bytesOfTurns(): { stop(): number[] } {
  const { send } = TurnBudget.prototype;
  const turns = [0];
  let isRunning = true;
  const count = async () => {
    while (isRunning) {
      await scheduler.wait(0);
      if (turns.at(-1) !== 0) turns.push(0);
    }
  };
  vi.spyOn(TurnBudget.prototype, 'send').mockImplementation(function (
    this: TurnBudget,
    socket,
    sent,
  ) {
    const bytes = sent.messages.reduce((sum, { length }) => sum + length, 0);
    turns.push((turns.pop() ?? 0) + bytes);
    send.call(this, socket, sent);
  });
  const counting = count();
  return {
    stop: () => {
      isRunning = false;
      void counting;
      return turns;
    },
  };
}

/** The ids that a subscriber hears, so many. */
export async function hears(subscriber: Subscriber, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await subscriber.nextId());
  return ids;
}
