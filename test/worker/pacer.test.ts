/** Who may read how much of the past, when many come back. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Levels } from '../../src/hub/catch-up/levels.ts';
import { Pacer } from '../../src/hub/catch-up/pacer.ts';
import { TurnBudget } from '../../src/hub/delivery/turn-budget.ts';
import {
  MAX_REPLAY_BYTES,
  REPLAY_BUDGET_BYTES,
  REPLAY_BYTES_PER_SECOND,
} from '../../src/hub/limits.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('levels', () => {
  it('drain at a steady rate, each in proportion', () => {
    const levels = new Levels(10);
    levels.add('a', 30, 0);
    levels.add('b', 10, 0);
    expect(levels.total(2000)).toBeCloseTo(20);
    expect([levels.of('a'), levels.of('b')]).toEqual([15, 5].map((part) => expect.closeTo(part)));
    expect(levels.total(4000)).toBe(0);
    expect(levels.of('a')).toBe(0);
  });

  it('are right also when they drain for a long time and never run dry', () => {
    const levels = new Levels(10);
    let now = 0;
    levels.add('once', 10, now);
    for (let i = 0; i < 1000; i++) {
      levels.add('a', 6, now);
      levels.add('b', 6, now);
      now += 1000;
      levels.total(now);
      if (i > 100) levels.add('a', 0, now);
      if (levels.total(now) > 60) now += 1000;
    }
    const total = levels.total(now);
    expect(levels.of('a') + levels.of('b') + levels.of('once')).toBeCloseTo(total, 3);
    expect(levels.of('once')).toBeLessThan(0.001);
  });
});

describe('a pacer', () => {
  /** How many reconnects of the owners are admitted, in turns, until none is. */
  function admitted(pacer: Pacer, ...owners: readonly string[]): number[] {
    const counts = owners.map(() => 0);
    for (let isAdmitting = true; isAdmitting; ) {
      isAdmitting = false;
      for (const [index, owner] of owners.entries()) {
        if (!pacer.admit(owner, MAX_REPLAY_BYTES)) continue;
        counts[index] = (counts[index] ?? 0) + 1;
        isAdmitting = true;
      }
    }
    return counts;
  }

  const ALL = REPLAY_BUDGET_BYTES / MAX_REPLAY_BYTES;

  it('lets one owner read half of what there is, and those who come later too', () => {
    vi.useFakeTimers();
    const pacer = new Pacer(new TurnBudget());
    expect(admitted(pacer, 'greedy')).toEqual([ALL / 2]);
    expect(pacer.admit('other', MAX_REPLAY_BYTES)).toBe(true);
  });

  it('never lets two owners together keep a third from reading, however long they go on', () => {
    vi.useFakeTimers();
    const pacer = new Pacer(new TurnBudget());
    for (let second = 0; second < 100; second++) {
      admitted(pacer, 'greedy', 'greedier');
      expect(pacer.admit(`other ${second}`, MAX_REPLAY_BYTES)).toBe(true);
      vi.advanceTimersByTime(1000);
    }
  });

  it('lets an owner that waited read when its share has drained', () => {
    vi.useFakeTimers();
    const pacer = new Pacer(new TurnBudget());
    admitted(pacer, 'greedy');
    expect(pacer.admit('greedy', MAX_REPLAY_BYTES)).toBe(false);
    vi.advanceTimersByTime((MAX_REPLAY_BYTES / REPLAY_BYTES_PER_SECOND) * 1000 + 1);
    expect(pacer.admit('greedy', MAX_REPLAY_BYTES)).toBe(true);
  });
});
