/** How far a wildcard hub has the journals of its hubs: in the note of its journal, and in a table. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { FeedPositions } from '../../src/hub/feeds/at-wildcard-hub/feed-positions.ts';
import { Journal } from '../../src/hub/journal/journal.ts';
import { MAX_NOTED_POSITIONS } from '../../src/hub/limits.ts';
import { WILDCARD_HUB_SCHEMA } from '../../src/hub/schema.ts';
import type { FeedPosition } from '../../src/objects/hub-contract.ts';
import { it } from './fixtures.ts';
import { RETENTION, record, recordsOf } from './journal-support.ts';
import {
  breakTable,
  createTables,
  hubStub,
  journalOf,
  published,
  repair,
  type Subscriber,
  subscribe,
  wildcardHubStub,
} from './support.ts';

interface Opened {
  readonly journal: Journal;
  readonly positions: FeedPositions;
  /** Appends an event with how far the journals of some hubs were taken. */
  append(id: string, taken: Readonly<Record<string, number>>): void;
}

/** Runs `test` with the positions of a wildcard hub that nobody uses; `again` opens them as after an eviction. */
function withPositions(
  test: (opened: Opened, storage: DurableObjectStorage, again: () => Opened) => void,
): Promise<void> {
  return runInDurableObject(hubStub('unused'), (_hub, { storage }) => {
    createTables(storage, WILDCARD_HUB_SCHEMA);
    const open = () => {
      const journal = new Journal(storage, RETENTION);
      const positions = new FeedPositions(storage.sql, journal);
      const append = (id: string, taken: Readonly<Record<string, number>>) => {
        const changed = new Map(Object.entries(taken).map(([hub, at]) => [hub, positionAt(at)]));
        journal.transaction(() =>
          journal.appendWithNote([recordsOf(record(id))], 'all', positions.noteWith(changed)),
        );
      };
      return { journal, positions, append };
    };
    test(open(), storage, open);
  });
}

function positionAt(taken: number): FeedPosition {
  return { epoch: 'e', taken };
}

function rowsIn({ sql }: DurableObjectStorage): number {
  return sql.exec('SELECT 1 FROM feed_positions').toArray().length;
}

describe('the positions of hubs', () => {
  it('are stored with what is appended, and cost no row', () =>
    withPositions(({ append, positions }, storage, again) => {
      for (let i = 1; i <= 20; i++) {
        append(`e${i}`, { [`h${i % 5}`]: i });
        expect(positions.get(`h${i % 5}`)).toEqual(positionAt(i));
        expect(again().positions.get(`h${i % 5}`)).toEqual(positionAt(i));
      }
      expect(rowsIn(storage)).toBe(0);
      expect(again().positions.get('h6')).toBe(undefined);
    }));

  it('of more hubs than a note has room for are all stored, and the newest counts', () =>
    withPositions(({ append }, _storage, again) => {
      const hubs = Array.from({ length: 3 * MAX_NOTED_POSITIONS + 5 }, (_, i) => `h${i}`);
      const newest = new Map<string, number>();
      let writer: Pick<Opened, 'append'> = { append };
      for (let i = 0; i < 200; i++) {
        const hub = hubs[(i * 7) % hubs.length] ?? '';
        newest.set(hub, i + 1);
        // As after an eviction.
        if (i % 9 === 0) writer = again();
        writer.append(`e${i}`, { [hub]: i + 1 });
      }
      const { positions } = again();
      for (const [hub, taken] of newest) expect(positions.get(hub)?.taken).toBe(taken);
    }));

  it('of all hubs at once go to the table', () =>
    withPositions(({ append }, storage, again) => {
      const all = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`h${i}`, i + 1]));
      append('a', { h1: 1 });
      append('b', all);
      expect(rowsIn(storage)).toBe(100);
      for (const [hub, taken] of Object.entries(all)) {
        expect(again().positions.get(hub)).toEqual(positionAt(taken));
      }
    }));

  it('stay when all events are trimmed, and do not go back', () =>
    withPositions(({ append, journal, positions }, _storage, again) => {
      append('a', { h1: 1, h2: 2 });
      journal.trimmer.run(1_000_000_000);
      expect(journal.isEmpty).toBe(true);
      expect(again().positions.get('h1')).toEqual(positionAt(1));
      // So many that they all go to the table, and the note is empty.
      append('b', Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`h${i}`, 10 + i])));
      journal.trimmer.run(1_000_000_000);
      expect(journal.isEmpty).toBe(true);
      for (const each of [positions, again().positions]) {
        expect(each.get('h1')).toEqual(positionAt(11));
        expect(each.get('h2')).toEqual(positionAt(12));
      }
    }));

  it('can be put and deleted, whether or not they are in the note, and in an empty journal', () =>
    withPositions(({ append, journal, positions }, _storage, again) => {
      append('a', { h1: 1, h2: 2 });
      positions.put('h1', positionAt(7));
      positions.put('h3', positionAt(3));
      positions.delete('h2');
      const check = (each: FeedPositions) => {
        expect(each.get('h1')).toEqual(positionAt(7));
        expect(each.get('h2')).toBe(undefined);
        expect(each.get('h3')).toEqual(positionAt(3));
      };
      check(positions);
      check(again().positions);
      append('b', { h1: 8, h4: 4 });
      journal.trimmer.run(1_000_000_000);
      positions.delete('h1');
      expect([positions.get('h1'), again().positions.get('h1')]).toEqual([undefined, undefined]);
      expect(again().positions.get('h4')).toEqual(positionAt(4));
    }));

  it('are those before a transaction that failed', () =>
    withPositions(({ append, positions, journal }, storage, again) => {
      append('a', { h1: 1 });
      const fails = (change: () => void) => {
        expect(() =>
          journal.transaction(() => {
            change();
            throw new Error('half way');
          }),
        ).toThrow('half way');
        positions.forget();
        for (const each of [positions, again().positions]) {
          expect(each.get('h1')).toEqual(positionAt(1));
          expect(each.get('h2')).toBe(undefined);
        }
      };
      const many = new Map(Array.from({ length: 30 }, (_, i) => [`h${i}`, positionAt(50)]));
      fails(() =>
        journal.appendWithNote(
          [recordsOf(record('b'))],
          'all',
          positions.noteWith(new Map([['h1', positionAt(2)]])),
        ),
      );
      fails(() =>
        journal.appendWithNote([recordsOf(record('b'))], 'all', positions.noteWith(many)),
      );
      fails(() => positions.put('h1', positionAt(9)));
      fails(() => positions.delete('h1'));
      expect(rowsIn(storage)).toBe(0);
    }));

  it('are not forgotten in part when the note cannot be written', () =>
    withPositions(({ append, positions }, storage) => {
      append('a', { h1: 1, h2: 2 });
      storage.sql.exec(
        "CREATE TRIGGER broken BEFORE UPDATE ON segments BEGIN SELECT RAISE(ABORT, 'disk full'); END",
      );
      expect(() => positions.delete('h1')).toThrow('disk full');
      expect(positions.get('h1')).toEqual(positionAt(1));
      storage.sql.exec('DROP TRIGGER broken');
      positions.delete('h1');
      expect(positions.get('h1')).toBe(undefined);
    }));

  it('of a note that is damaged are those of the table, and that is reported', () =>
    withPositions(({ append, positions }, storage, again) => {
      positions.put('h1', positionAt(5));
      append('a', { h1: 6, h2: 2 });
      const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
      for (const note of ['{', '{}', '[1]']) {
        storage.sql.exec('UPDATE segments SET note = ?', note);
        const reopened = again();
        expect(reopened.positions.get('h1')).toEqual(positionAt(5));
        expect(reopened.positions.get('h2')).toBe(undefined);
      }
      expect(logged.mock.calls.length).toBe(3);
      again().append('b', { h2: 9 });
      expect(again().positions.get('h2')).toEqual(positionAt(9));
    }));

  it('are in doubt after a note was damaged, and never otherwise', () =>
    withPositions(({ append, positions }, storage, again) => {
      vi.spyOn(console, 'error').mockImplementation(() => undefined);
      append('a', { h1: 6 });
      expect([positions.areInDoubt, again().positions.areInDoubt]).toEqual([false, false]);
      storage.sql.exec("UPDATE segments SET note = REPLACE(note, '6', '8')");
      expect(again().positions.areInDoubt).toBe(true);
      again().append('b', { h1: 7 });
      expect(again().positions.areInDoubt).toBe(true);
      again().append(
        'c',
        Object.fromEntries(Array.from({ length: 2 * MAX_NOTED_POSITIONS }, (_, i) => [`h${i}`, i])),
      );
      expect(again().positions.areInDoubt).toBe(true);
    }));
});

describe('a wildcard hub', () => {
  const HUBS = Array.from({ length: MAX_NOTED_POSITIONS + 4 }, (_, i) => `h${i}`);

  async function heard(subscriber: Subscriber, count: number): Promise<string[]> {
    const ids: string[] = [];
    while (ids.length < count) ids.push(await subscriber.nextId());
    return ids;
  }

  /** Makes hubs forget how far they fed: the wildcard hub has to tell them. */
  async function evictAll(hubs: readonly string[]): Promise<void> {
    for (const hub of hubs) {
      await runInDurableObject(hubStub(hub), () => undefined);
      await evictDurableObject(hubStub(hub));
    }
    await runInDurableObject(wildcardHubStub(), () => undefined);
    await evictDurableObject(wildcardHubStub());
  }

  it('of many hubs hears each event once, whoever is evicted', async () => {
    const subscriber = await subscribe('h*');
    const expected: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (const hub of HUBS) expected.push(await published(hub, { id: `${hub}-${round}` }));
      expect(await heard(subscriber, HUBS.length)).toEqual(expected.slice(-HUBS.length));
      await evictAll(HUBS);
    }
    expect((await journalOf(wildcardHubStub())).map(({ id }) => id)).toEqual(expected);
  });

  it('hears nothing twice of hubs whose positions are damaged', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const subscriber = await subscribe('n*');
    for (const hub of ['n1', 'n2', 'n1', 'n2']) {
      await published(hub, { id: `${hub} ${Math.random()}` });
    }
    const before = await heard(subscriber, 4);
    await runInDurableObject(wildcardHubStub(), (_hub, { storage }) => {
      storage.sql.exec("UPDATE segments SET note = REPLACE(note, 'taken', 'token')");
    });
    await evictAll(['n1', 'n2']);
    const after = [await published('n1', { id: 'new' }), await published('n2', { id: 'newer' })];
    expect(await heard(subscriber, 2)).toEqual(after);
    expect((await journalOf(wildcardHubStub())).map(({ id }) => id)).toEqual([...before, ...after]);
    expect(logged).toHaveBeenCalled();
    await evictAll(['n1', 'n2']);
    await published('n2', { id: 'the newest' });
    expect(await heard(subscriber, 1)).toEqual(['the newest']);
  });

  it('with a full disk takes nothing, and everything once when it has room', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const subscriber = await subscribe('k*');
    const expected = [await published('k1', { id: 'a' }), await published('k2', { id: 'b' })];
    await breakTable(wildcardHubStub(), 'segments');
    for (const id of ['c', 'd', 'e']) expected.push(await published('k1', { id }));
    expect((await journalOf(wildcardHubStub())).map(({ id }) => id)).toEqual(['a', 'b']);
    await repair(wildcardHubStub());
    await evictDurableObject(wildcardHubStub());
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(hubStub('k1'));
      expect((await journalOf(wildcardHubStub())).length).toBe(5);
    });
    expect(await heard(subscriber, 5)).toEqual(expected);
    expect(logged).toHaveBeenCalled();
  });

  it('whose events are all trimmed takes nothing twice', async () => {
    const subscriber = await subscribe('m*');
    await published('m1', { id: 'a' });
    await published('m2', { id: 'b' });
    expect(await heard(subscriber, 2)).toEqual(['a', 'b']);
    await runInDurableObject(wildcardHubStub(), (_hub, { storage }) => {
      storage.sql.exec('UPDATE segments SET first_accepted_at = 1, last_accepted_at = 1');
    });
    await evictAll(['m1', 'm2']);
    await runInDurableObject(wildcardHubStub(), (hub) => hub.alarm());
    expect(await journalOf(wildcardHubStub())).toEqual([]);
    await evictAll(['m1', 'm2']);
    await published('m1', { id: 'c' });
    await published('m2', { id: 'd' });
    expect(await heard(subscriber, 2)).toEqual(['c', 'd']);
    expect((await journalOf(wildcardHubStub())).map(({ id }) => id)).toEqual(['c', 'd']);
  });
});
