import { expect, vi } from 'vitest';
import type { OutgoingEvent } from '../../../src/destination/outgoing.ts';
import { ok } from '../../../src/lib/result.ts';
import { Backlog, type Plans } from '../../../src/push/delivery/backlog.ts';
import { Lanes, type LanesReading } from '../../../src/push/delivery/lanes.ts';
import { it } from '../fixtures.ts';

const LIMITS = { maxEvents: 1, maxBytes: 1000, maxWaitMs: 0 };
const NEVER_OVER = { isOver: () => false };

it('keeps nothing of a hub in memory when all that was read is settled', async () => {
  const afters: unknown[] = [];
  const reading: LanesReading = {
    withNews: () => ['hub'],
    read: async (source, after) => {
      afters.push(after);
      const stamp = { revision: 0, marks: 0 };
      const place = { source, epoch: 'e', sequence: 1, last: 1, isEnd: true, before: [0] };
      return ok({ ...place, events: [{ hub: source, json: '{}' } as OutgoingEvent], stamp });
    },
    allowed: async (events) => ok([...events]),
    settle: () => true,
    keepEnd: () => undefined,
  };
  const kv = { get: () => undefined, put: () => undefined, delete: () => true };
  const lanes = new Lanes(reading, new Backlog(kv as unknown as DurableObjectStorage['kv']));
  for (let round = 0; round < 2; round++) {
    const batch = await lanes.next(LIMITS, 1, NEVER_OVER);
    batch?.lane.settle(batch, true);
    lanes.tell('hub');
  }
  // As one that it has not read before: from what is stored.
  expect(afters).toEqual([undefined, undefined]);
});

it('what was begun of a hub goes first, though the hub answers again after the others were asked', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const plan = { epoch: 'e', through: 1, isSettled: false, attempts: 3, firstAt: 1, retryAt: 1 };
  const plans: Plans = new Map([['begun', [plan]]]);
  const kv = { get: () => plans, put: () => undefined, delete: () => true };
  const read: string[] = [];
  const reading: LanesReading = {
    withNews: () => ['slow', 'begun'],
    read: async (source) => {
      read.push(source);
      if (read.length === 1) {
        return { ok: false, failure: { reason: 'unavailable', message: 'it does not answer' } };
      }
      if (source === 'slow') vi.setSystemTime(Date.now() + 60_000);
      const events = source === 'slow' ? [] : [{ hub: source, json: '{}' } as OutgoingEvent];
      const stamp = { revision: 0, marks: 0 };
      const place = { source, epoch: 'e', sequence: events.length, last: 1, isEnd: true };
      return ok({ ...place, events, before: events.map(() => 0), stamp });
    },
    allowed: async (events) => ok([...events]),
    settle: () => true,
    keepEnd: () => undefined,
  };
  const lanes = new Lanes(reading, new Backlog(kv as unknown as DurableObjectStorage['kv']));
  // The turn of the slow one comes first.
  expect(await lanes.next(LIMITS, 1, NEVER_OVER)).toBeUndefined();
  expect(await lanes.next(LIMITS, 1, NEVER_OVER)).toMatchObject({ attempts: 3 });
});
