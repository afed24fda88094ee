/** Who may read how much of the past, when many come back. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SharedLeakyBucket } from '../../src/hub/catch-up/leaky-bucket.ts';
import { ReplayThrottle } from '../../src/hub/catch-up/replay-throttle.ts';
import { TurnBudget } from '../../src/hub/delivery/turn-budget.ts';
import {
  MAX_REPLAY_BYTES,
  REPLAY_BUDGET_BYTES,
  REPLAY_BYTES_PER_SECOND,
} from '../../src/hub/limits.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('a shared leaky bucket', () => {
  it('drains at a steady rate, each part in proportion', () => {
    const bucket = new SharedLeakyBucket(10);
    bucket.add('a', 30, 0);
    bucket.add('b', 10, 0);
    expect(bucket.level(2000)).toBeCloseTo(20);
    expect([bucket.partOf('a'), bucket.partOf('b')]).toEqual(
      [15, 5].map((part) => expect.closeTo(part)),
    );
    expect(bucket.level(4000)).toBe(0);
    expect(bucket.partOf('a')).toBe(0);
  });

  it('is right also when it drains for a long time and never runs dry', () => {
    const bucket = new SharedLeakyBucket(10);
    let now = 0;
    bucket.add('once', 10, now);
    for (let i = 0; i < 1000; i++) {
      bucket.add('a', 6, now);
      bucket.add('b', 6, now);
      now += 1000;
      bucket.level(now);
      if (i > 100) bucket.add('a', 0, now);
      if (bucket.level(now) > 60) now += 1000;
    }
    const total = bucket.level(now);
    expect(bucket.partOf('a') + bucket.partOf('b') + bucket.partOf('once')).toBeCloseTo(total, 3);
    expect(bucket.partOf('once')).toBeLessThan(0.001);
  });
});

describe('a replay throttle', () => {
  /** How many reconnects of the owners are admitted, in turns, until none is. */
  function admitted(throttle: ReplayThrottle, ...owners: readonly string[]): number[] {
    const counts = owners.map(() => 0);
    for (let isAdmitting = true; isAdmitting; ) {
      isAdmitting = false;
      for (const [index, owner] of owners.entries()) {
        if (!throttle.admit(owner, MAX_REPLAY_BYTES)) continue;
        counts[index] = (counts[index] ?? 0) + 1;
        isAdmitting = true;
      }
    }
    return counts;
  }

  const ALL = REPLAY_BUDGET_BYTES / MAX_REPLAY_BYTES;

  it('lets one owner read half of what there is, and those who come later too', () => {
    vi.useFakeTimers();
    const throttle = new ReplayThrottle(new TurnBudget());
    expect(admitted(throttle, 'greedy')).toEqual([ALL / 2]);
    expect(throttle.admit('other', MAX_REPLAY_BYTES)).toBe(true);
  });

  it('never lets two owners together keep a third from reading, however long they go on', () => {
    vi.useFakeTimers();
    const throttle = new ReplayThrottle(new TurnBudget());
    for (let second = 0; second < 100; second++) {
      admitted(throttle, 'greedy', 'greedier');
      expect(throttle.admit(`other ${second}`, MAX_REPLAY_BYTES)).toBe(true);
      vi.advanceTimersByTime(1000);
    }
  });

  it('lets an owner that waited read when its share has drained', () => {
    vi.useFakeTimers();
    const throttle = new ReplayThrottle(new TurnBudget());
    admitted(throttle, 'greedy');
    expect(throttle.admit('greedy', MAX_REPLAY_BYTES)).toBe(false);
    vi.advanceTimersByTime((MAX_REPLAY_BYTES / REPLAY_BYTES_PER_SECOND) * 1000 + 1);
    expect(throttle.admit('greedy', MAX_REPLAY_BYTES)).toBe(true);
  });
});
