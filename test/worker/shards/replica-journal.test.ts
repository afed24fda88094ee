/** The copy of a journal that a replica has. */
import { describe, expect } from 'vitest';
import type { CursorCodec } from '../../../src/hub/journal/cursor-codec.ts';
import { resolvePosition } from '../../../src/hub/journal/position.ts';
import { PositionLookup } from '../../../src/hub/journal/position-lookup.ts';
import type { SubscriberJournal } from '../../../src/hub/journal/subscriber-journal.ts';
import { MAX_HISTORY_CALLS } from '../../../src/hub/limits.ts';
import { MemoryPool } from '../../../src/hub/memory-budget.ts';
import { ReplicaJournal } from '../../../src/hub/shards/at-replica/replica-journal.ts';
import type { Since } from '../../../src/subscription/since.ts';
import { decodeCursor } from '../../../src/wire/cursor.ts';
import { it } from '../fixtures.ts';
import { idsOf } from '../journal-support.ts';
import { accept, idsAfter, pageOf, staged } from './replica-support.ts';

const SINCE: readonly (readonly [string, Since | undefined])[] = [
  ['nothing', undefined],
  ['earliest', { kind: 'earliest' }],
  ['an id', { kind: 'event', id: 'e3' }],
  ['an id that two publishers used', { kind: 'event', id: 'twice' }],
  ['an unknown id', { kind: 'event', id: 'unknown' }],
  ['the time of the first event', { kind: 'time', at: 1000, text: '-5m' }],
  ['a time between', { kind: 'time', at: 1003, text: '-5m' }],
  ['a time of what it has', { kind: 'time', at: 1011, text: '-5m' }],
  ['a time after the last', { kind: 'time', at: 9000, text: '-5m' }],
];

/** Where a handshake would begin. */
async function positionIn(
  journal: SubscriberJournal,
  cursors: CursorCodec,
  since: Since | undefined,
) {
  const lookup = new PositionLookup(journal);
  for (;;) {
    const position = resolvePosition(since, journal, lookup, cursors, () => true);
    if (!position.ok) throw new Error(position.failure.message);
    const waiting = lookup.find() ?? lookup.load(position.value.after);
    if (waiting === undefined) return position.value;
    await waiting;
  }
}

describe('a position', () => {
  it.for(SINCE)('by %s is that of the hub', ([, since]) =>
    staged(async ({ journal, replica, cursors, feed }) => {
      accept(journal, [...idsOf(4), 'twice', 'x', 'twice']);
      feed();
      accept(journal, ['y1', 'y2', 'y3'], 1010);
      feed();
      const atHub = await positionIn(journal, cursors, since);
      expect(await positionIn(replica, cursors, since)).toEqual(atHub);
      expect(await idsAfter(replica, atHub.after)).toEqual(await idsAfter(journal, atHub.after));
    }),
  );

  it('that only the hub has trimmed is where the retained events begin', () =>
    staged(async ({ journal, replica, cursors, feed }) => {
      accept(journal, idsOf(5));
      feed();
      journal.transaction(() => journal.trimThrough(journal.end));
      accept(journal, ['later']);
      expect(replica.trimmedThrough).toBe(0);
      expect(await positionIn(replica, cursors, { kind: 'earliest' })).toEqual({ after: 5 });
    }));

  it('by a cursor of elsewhere is waited for if the replica is not there yet', () =>
    staged(async ({ journal, replica, cursors, feed, calls }) => {
      feed();
      accept(journal, idsOf(5));
      const cursor = decodeCursor(cursors.encode(4));
      expect(await positionIn(replica, cursors, { kind: 'cursor', cursor })).toEqual({ after: 4 });
      expect(calls.reach).toBe(1);
      expect(await idsAfter(replica, 4)).toEqual(['e5']);
    }));

  it('by an id is asked for once if many name it', () =>
    staged(async ({ journal, replica, cursors, feed, calls }) => {
      accept(journal, idsOf(5));
      feed();
      const since: Since = { kind: 'event', id: 'e2' };
      await Promise.all(Array.from({ length: 20 }, () => positionIn(replica, cursors, since)));
      expect(calls.locate).toBe(1);
    }));

  it('by an id that came meanwhile is found', () =>
    staged(async ({ journal, replica, cursors, feed }) => {
      feed();
      const since: Since = { kind: 'event', id: 'e2' };
      expect(await positionIn(replica, cursors, since)).toEqual({ after: 0, gap: 'unknown_event' });
      accept(journal, idsOf(2));
      feed();
      expect(await positionIn(replica, cursors, since)).toEqual({ after: 2 });
    }));

  it('by a time that the newest pages answer asks nobody', () =>
    staged(async ({ journal, replica, cursors, feed, calls }) => {
      feed();
      accept(journal, idsOf(10));
      feed();
      expect(replica.lastBefore(1005)).toBe(5);
      expect(await replica.locate({ before: 1005 })).toEqual({ after: 5 });
      await positionIn(replica, cursors, undefined);
      expect(calls).toEqual({ history: 0, locate: 0, reach: 0 });
    }));
});

describe('a page', () => {
  it('that was taken is not taken again, and of one that overlaps what is new', () =>
    staged(async ({ journal, replica, feed }) => {
      feed();
      accept(journal, idsOf(6));
      const [first, second] = [pageOf(journal, 0, 4), pageOf(journal, 2, 6)];
      expect(replica.take(first)).toMatchObject({ entries: [{}, {}, {}, {}] });
      expect(replica.take(first)).toEqual({ entries: [] });
      expect(replica.take(second)).toMatchObject({ entries: [{ sequence: 5 }, { sequence: 6 }] });
      expect(await idsAfter(replica, 0)).toEqual(idsOf(6));
    }));

  it('that follows what the replica lacks, or is of another journal, changes nothing', () =>
    staged(async ({ journal, replica, feed }) => {
      feed();
      accept(journal, idsOf(6));
      expect(replica.take(pageOf(journal, 2, 6))).toBe('lacks');
      const page = pageOf(journal, 0, 6);
      const other = { ...page, journal: { ...page.journal, epoch: 'other' } };
      expect(replica.take(other)).toBe('other epoch');
      expect(replica.last).toBe(0);
      replica.forget();
      expect(replica.position).toBeUndefined();
      expect(replica.take(other)).toMatchObject({ entries: { length: 6 } });
      expect(replica.position).toEqual({ epoch: 'other', taken: 6 });
    }));

  it('that is not whole is refused', () =>
    staged(async ({ journal, replica, feed }) => {
      feed();
      accept(journal, idsOf(6));
      const page = pageOf(journal, 0, 6);
      expect(() => replica.take({ ...page, through: 5 })).toThrow('not whole');
      expect(() => replica.take({ ...page, slices: [...page.slices, ...page.slices] })).toThrow(
        'not whole',
      );
      expect(replica.last).toBe(0);
    }));

  it('whose events may be missing has a gap, for those who are there and those who read later', () =>
    staged(async ({ journal, replica, feed }) => {
      feed();
      accept(journal, idsOf(5));
      const page = { ...pageOf(journal, 3, 5), after: 0, isMissing: true };
      const gap = { sequence: 3, gap: 'feed_lost', hub: undefined };
      expect(replica.take(page)).toMatchObject({
        entries: [gap, { sequence: 4 }, { sequence: 5 }],
      });
      expect(await idsAfter(replica, 0)).toEqual(['feed_lost', 'e4', 'e5']);
      expect(replica.take({ ...pageOf(journal, 5, 5), through: 9, isMissing: true })).toMatchObject(
        {
          entries: [{ ...gap, sequence: 9 }],
        },
      );
    }));
});

describe('what is older than the newest pages', () => {
  it('is fetched once for all who read it, with few calls at a time', () => {
    let running = 0;
    let most = 0;
    const slow = async (after: number, maxEvents: number, maxBytes: number) => {
      most = Math.max(most, ++running);
      await scheduler.wait(1);
      running--;
      return reading?.(after, maxEvents, maxBytes) as never;
    };
    let reading: ((...page: [number, number, number]) => unknown) | undefined;
    return staged(
      async ({ journal, replica, feed, calls }) => {
        reading = (after, events, bytes) => ({
          journal: journal.facts,
          ...journal.readPart(after, Math.min(events, 10), bytes),
        });
        accept(journal, idsOf(100));
        feed();
        const all = await Promise.all(
          Array.from({ length: 50 }, (_, i) => idsAfter(replica, 2 * i)),
        );
        for (const [i, ids] of all.entries()) expect(ids).toEqual(idsOf(100).slice(2 * i));
        expect(most).toBe(MAX_HISTORY_CALLS);
        expect(calls.history).toBeLessThan(60);
      },
      { history: slow },
    );
  });

  it('is told to be missing if the parent does not answer, or has nothing', () =>
    staged(
      async ({ journal, replica, feed }) => {
        accept(journal, idsOf(5));
        feed();
        await expect(replica.load(2)).rejects.toThrow('not now');
        await expect(replica.load(2)).rejects.toThrow('not now');
      },
      { history: () => Promise.reject(new Error('not now')) },
    ));

  it('is not read from a journal that began again meanwhile', () =>
    staged(async ({ journal, replica, feed }) => {
      accept(journal, idsOf(5));
      feed();
      const loading = replica.load(2);
      replica.forget();
      feed();
      await expect(loading).rejects.toThrow('begun again');
    }));
});

it('the newest pages take no more than their part of the memory, and are read again from the parent', () =>
  staged(
    async ({ journal, replica, feed, calls }) => {
      feed();
      for (let i = 0; i < 20; i++) {
        accept(journal, [`e${i + 1}`]);
        feed();
      }
      expect(replica.load(19)).toBeUndefined();
      expect(replica.load(2)).toBeInstanceOf(Promise);
      expect(await idsAfter(replica, 2)).toEqual(idsOf(20).slice(2));
      expect(calls.history).toBe(1);
    },
    {},
    6000,
  ));

it('two replicas share the memory of their isolate, and one with no room keeps nothing', () =>
  staged(async ({ journal }) => {
    const pool = new MemoryPool(4000);
    const open = (name: string) =>
      new ReplicaJournal({
        memory: pool.open(name),
        parent: {
          history: async (...page) => ({ journal: journal.facts, ...journal.readPart(...page) }),
          locate: (query) => journal.locate(query),
          reach: async () => undefined,
        },
      });
    const [one, two] = [open('one'), open('two')];
    for (let i = 0; i < 10; i++) {
      accept(journal, [`e${i + 1}`]);
      for (const each of [one, two]) each.take(pageOf(journal, i, i + 1));
      expect(pool.usedBytes).toBeLessThanOrEqual(4000);
    }
    for (const each of [one, two]) expect(await idsAfter(each, 0)).toEqual(idsOf(10));
  }));
