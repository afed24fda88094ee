/** What the objects of an isolate may hold together. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as limits from '../../src/hub/limits.ts';
import { MemoryPool, openHubMemory } from '../../src/hub/memory-budget.ts';
import { MAX_CACHED_ACCESS_BYTES } from '../../src/policy/limits.ts';

const ISOLATE_BYTES = 128_000_000;

afterEach(() => {
  vi.useRealTimers();
});

describe('a pool', () => {
  it('lets one object hold half, and those who come later what they leave to others', () => {
    const pool = new MemoryPool(120);
    const [first, second, third] = ['a', 'b', 'c'].map((name) => pool.open(name));
    const fill = (account = first) => {
      while (account?.reserve(1));
      return account?.bytes;
    };
    expect(fill(first)).toBe(60);
    // One that holds nothing begins with what is free.
    expect(fill(second)).toBe(30);
    expect(fill(third)).toBe(15);
    first?.release(60);
    expect(fill(second)).toBeGreaterThan(30);
  });

  it('lets an object that holds nothing take all that is free, at once', () => {
    const pool = new MemoryPool(100);
    const [first, second] = [pool.open('a'), pool.open('b')];
    expect(first.reserve(80)).toBe(true);
    expect(first.reserve(1)).toBe(false);
    expect(second.reserve(21)).toBe(false);
    expect(second.reserve(20)).toBe(true);
  });

  it('lets those that wait for room come one after the other, with a timer only for the first', async () => {
    const account = new MemoryPool(100).open('a');
    expect(account.reserve(50)).toBe(true);
    const wait = vi.spyOn(scheduler, 'wait').mockImplementation(async () => account.release(50));
    const served: number[] = [];
    const waiting = Array.from({ length: 50 }, async (_, index) => {
      if (await account.reserveSoon(1)) served.push(index);
    });
    await Promise.all(waiting);
    expect(served).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(wait).toHaveBeenCalledOnce();
    wait.mockRestore();
  });

  it('turns away those for which there is no room in time', async () => {
    vi.useFakeTimers({ now: 10_000 });
    const account = new MemoryPool(100).open('a');
    expect(account.reserve(50)).toBe(true);
    const wait = vi.spyOn(scheduler, 'wait').mockImplementation(async (ms) => {
      vi.setSystemTime(Date.now() + ms);
    });
    const waiting = [account.reserveSoon(60), account.reserveSoon(1)];
    expect(await Promise.all(waiting)).toEqual([false, false]);
    expect(Date.now()).toBe(10_000 + limits.MAX_CATCH_UP_WAIT_MS);
    wait.mockRestore();
  });

  it('forgets what an object held that starts again', () => {
    const pool = new MemoryPool(100);
    const before = pool.open('a');
    expect(before.reserve(50)).toBe(true);
    const after = pool.open('a');
    expect(pool.usedBytes).toBe(0);
    expect(after.reserve(50)).toBe(true);
    // A call that still ends in the object before.
    before.release(50);
    expect([pool.usedBytes, before.bytes, after.bytes]).toEqual([50, 0, 50]);
  });

  it('of a full isolate forgets objects that were collected', () => {
    vi.useFakeTimers({ now: 10_000 });
    const pool = new MemoryPool(100);
    expect(pool.open('gone').reserve(100)).toBe(true);
    const account = pool.open('b');
    const deref = vi.spyOn(WeakRef.prototype, 'deref').mockReturnValueOnce(undefined);
    expect(account.reserve(60)).toBe(true);
    expect(deref).toHaveBeenCalled();
    expect(pool.usedBytes).toBe(60);
    deref.mockRestore();
  });
});

it('what the hubs of an isolate hold leaves a fifth of its memory, and a tenth with the Worker in it', () => {
  const parts = [
    limits.MAX_WAITING_BYTES,
    limits.MAX_CATCH_UP_BYTES,
    limits.MAX_UNACKED_BYTES_PER_ISOLATE,
    limits.MAX_FINGERPRINT_BYTES,
    limits.MAX_CACHED_SEGMENT_BYTES,
    limits.MAX_REPLICA_RING_BYTES,
    limits.MAX_TURN_BYTES,
    MAX_CACHED_ACCESS_BYTES,
  ];
  const sum = parts.reduce((total, part) => total + part, 0);
  expect(sum).toBeLessThan(0.8 * ISOLATE_BYTES);
  // On the local server the Worker is in the isolate of its hubs, and caches compiled policies of its own there.
  expect(sum + MAX_CACHED_ACCESS_BYTES).toBeLessThan(0.9 * ISOLATE_BYTES);
  expect(limits.MAX_QUEUED_BYTES).toBeLessThanOrEqual(limits.MAX_WAITING_BYTES / 2);
  expect(limits.MAX_BACKFILL_BYTES).toBeLessThan(limits.MAX_CATCH_UP_BYTES);
  expect(limits.MAX_REPLAY_BYTES).toBeLessThanOrEqual(limits.MAX_CATCH_UP_BYTES / 4);
});

it('hubs share the memory of their isolate', () => {
  const [one, two] = [openHubMemory('one'), openHubMemory('two')];
  expect(one.waiting.reserve(limits.MAX_WAITING_BYTES)).toBe(true);
  expect(two.waiting.reserve(1)).toBe(false);
  one.waiting.release(limits.MAX_WAITING_BYTES);
  expect(two.waiting.reserve(1)).toBe(true);
  two.waiting.release(1);
});
