/** Places of sockets, and what it costs to refuse one. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MAX_RECOUNTED_PER_MS, MAX_SOCKETS_PER_HUB } from '../../src/hub/limits.ts';
import { SlotCounter, SlotCounterByTag } from '../../src/hub/subscribers/slot-counter.ts';
import { MAX_CACHED_LOOKUPS } from '../../src/lib/limits.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('a place is free again when its socket has gone', () => {
  let sockets = 0;
  const slots = new SlotCounter(() => sockets);
  expect([slots.reserve(2), slots.reserve(2), slots.reserve(2)]).toEqual([true, true, false]);
  sockets = 2;
  slots.release();
  slots.release();
  expect(slots.reserve(2)).toBe(false);
  sockets = 1;
  expect(slots.reserve(2)).toBe(true);
});

it('a handshake that came to nothing gives its place back', () => {
  const slots = new SlotCounter(() => 0);
  expect(slots.reserve(1)).toBe(true);
  expect(slots.reserve(1)).toBe(false);
  slots.release();
  expect(slots.reserve(1)).toBe(true);
});

it('those who come to a full hub again and again do not keep it counting', () => {
  let sockets = MAX_SOCKETS_PER_HUB;
  const count = vi.fn(() => sockets);
  const slots = new SlotCounter(count);
  for (let i = 0; i < 1000; i++) expect(slots.reserve(MAX_SOCKETS_PER_HUB)).toBe(false);
  expect(count).toHaveBeenCalledTimes(1);
  sockets--;
  vi.advanceTimersByTime(MAX_SOCKETS_PER_HUB / MAX_RECOUNTED_PER_MS);
  expect(slots.reserve(MAX_SOCKETS_PER_HUB)).toBe(true);
  expect(count).toHaveBeenCalledTimes(2);
});

it('handshakes under way are not forgotten for those of other tags', () => {
  const slots = new SlotCounterByTag(() => 0);
  expect(slots.reserve('a', 1)).toBe(true);
  for (let i = 0; i < 2 * MAX_CACHED_LOOKUPS; i++) {
    slots.reserve(`${i}`, 1);
    slots.release(`${i}`);
  }
  expect(slots.reserve('a', 1)).toBe(false);
  slots.release('a');
  expect(slots.reserve('a', 1)).toBe(true);
});
