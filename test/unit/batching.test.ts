import { expect, it } from 'vitest';
import { batchId } from '../../src/destination/batch-id.ts';
import { isFull, nextBatch } from '../../src/destination/batching.ts';

const limits = { maxEvents: 3, maxBytes: 100, maxWaitMs: 5000 };

const events = (count: number, json = '{}', acceptedAt = 1000) =>
  Array.from({ length: count }, (_, index) => ({ json, acceptedAt: acceptedAt + index }));

it('sends a batch at once when it has all the events that it may have', () => {
  expect(nextBatch(events(3), limits, 1000)).toEqual({ count: 3 });
  expect(nextBatch(events(8), limits, 1000)).toEqual({ count: 3 });
});

it('sends a batch at once when the next event would make it too large', () => {
  expect(nextBatch(events(2, 'x'.repeat(60)), limits, 1000)).toEqual({ count: 1 });
});

it('counts bytes, not characters', () => {
  expect(nextBatch(events(2, 'é'.repeat(30)), limits, 1000)).toEqual({ count: 1 });
});

it('sends an event that is larger than a batch may be alone', () => {
  expect(nextBatch(events(2, 'x'.repeat(200)), limits, 1000)).toEqual({ count: 1 });
});

it('waits for more events until the first of them has waited long enough', () => {
  expect(nextBatch(events(2), limits, 1000)).toEqual({ readyAt: 6000 });
  expect(nextBatch(events(2), limits, 5999)).toEqual({ readyAt: 6000 });
  expect(nextBatch(events(2), limits, 6000)).toEqual({ count: 2 });
});

it('waits for nothing if it may not wait', () => {
  expect(nextBatch(events(1), { ...limits, maxWaitMs: 0 }, 1000)).toEqual({ count: 1 });
});

it('waits no longer than it may for an event whose hub has a clock that is ahead', () => {
  expect(nextBatch(events(1, '{}', 9_000_000), limits, 1000)).toEqual({ readyAt: 6000 });
});

it('knows when reading more events would change nothing', () => {
  expect(isFull(events(2), limits)).toBe(false);
  expect(isFull(events(3), limits)).toBe(true);
  expect(isFull(events(2, 'x'.repeat(60)), limits)).toBe(true);
  expect(isFull([], limits)).toBe(false);
});

const member = (sequence: number, hub = '/kv-v2') => ({ hub, sequence });

it('gives a batch the same id whenever it is made', async () => {
  const id = await batchId('/hook', 'e1', [member(1), member(2)]);
  expect(id).toMatch(/^batch_[0-9a-f]{32}$/);
  expect(await batchId('/hook', 'e1', [member(1), member(2)])).toBe(id);
});

it('gives another id to a batch with other events, of another journal or for another destination', async () => {
  const batches = [
    batchId('/hook', 'e1', [member(1), member(2)]),
    batchId('/hook', 'e1', [member(1)]),
    batchId('/hook', 'e1', [member(1), member(2), member(3)]),
    batchId('/hook', 'e1', [member(1), member(3)]),
    batchId('/hook', 'e1', [member(1, '/database'), member(2, '/database')]),
    batchId('/hook', 'e2', [member(1), member(2)]),
    batchId('/other', 'e1', [member(1), member(2)]),
  ];
  expect(new Set(await Promise.all(batches)).size).toBe(batches.length);
});
