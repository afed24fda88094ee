/** A hub that has stored one row for each event, as release 0.2 did: it is read as it is, and converted by an alarm. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import type { Retention } from '../../src/config/retention.ts';
import { Journal } from '../../src/hub/journal/journal.ts';
import { MAX_DELAY_MS } from '../../src/hub/journal/segment-index.ts';
import { HUB_SCHEMA, WILDCARD_HUB_SCHEMA } from '../../src/hub/schema.ts';
import { migrate } from '../../src/objects/migrations.ts';
import { it } from './fixtures.ts';
import {
  append,
  frameOf,
  idsOf,
  RETENTION,
  readAll,
  record,
  segmentsOf,
} from './journal-support.ts';
import { hubStub, publish, published, subscribe } from './support.ts';

interface OldRow {
  readonly sequence?: number;
  readonly key: string;
  readonly acceptedAt?: number;
  readonly json: string | null;
}

/** Stores rows as release 0.2 did, and nothing else. */
function storeRows(storage: DurableObjectStorage, rows: readonly OldRow[], trimmed = 0): void {
  migrate(storage, HUB_SCHEMA.slice(0, 1), 'the hub of a test');
  storage.kv.put('journal_header', {
    epoch: '0123456789abcdef',
    recordedSince: 500,
    trimmedThrough: trimmed,
    trimmedUntil: trimmed,
    trimmedBytes: 0,
  });
  let totalBytes = 0;
  for (const [i, { sequence = trimmed + i + 1, key, acceptedAt, json }] of rows.entries()) {
    totalBytes += key.length + (json?.length ?? 0);
    storage.sql.exec(
      'INSERT INTO journal (sequence, key, accepted_at, total_bytes, json) VALUES (?, ?, ?, ?, ?)',
      sequence,
      key,
      acceptedAt ?? 1000 + 10 * i,
      totalBytes,
      json,
    );
  }
}

function rowOf(id: string, note = ''): OldRow {
  return { key: record(id).key, json: frameOf(id, note) };
}

function hasRows({ sql }: DurableObjectStorage): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'journal'").toArray().length > 0;
}

/** Runs `test` with a journal of a hub that has such rows. */
function withRows(
  rows: readonly OldRow[],
  test: (journal: Journal, storage: DurableObjectStorage, again: () => Journal) => unknown,
  retention: Partial<Retention> = {},
): Promise<void> {
  return runInDurableObject(hubStub('unused'), async (_hub, { storage }) => {
    storeRows(storage, rows);
    migrate(storage, HUB_SCHEMA, 'the hub of a test');
    const large = { events: 10_000, bytes: 64 * 1024 * 1024, ageMs: 3_600_000 };
    const open = () => new Journal(storage, { ...RETENTION, ...large, ...retention });
    await test(open(), storage, open);
  });
}

/** Converts a number of segments, and is killed then. */
async function convertSome(journal: Journal, segments: number): Promise<void> {
  let left = segments;
  const real = journal.transaction.bind(journal);
  vi.spyOn(journal, 'transaction').mockImplementation((change) => {
    if (left-- === 0) throw new Error('the hub died');
    return real(change);
  });
  await expect(journal.conversion.run()).rejects.toThrow('the hub died');
}

const COUNT = 5000;
const MANY = idsOf(COUNT).map((id) => rowOf(id));

describe('the rows of release 0.2', () => {
  it('are all read, found and recognised before, amid and after their conversion', () =>
    withRows(MANY, async (journal, storage, again) => {
      const check = (now: Journal) => {
        expect(now.retained.events).toBe(COUNT);
        expect(readAll(now, 0, 200)).toEqual(idsOf(COUNT));
        expect(readAll(now, 4321, 200)).toEqual(idsOf(COUNT).slice(4321));
        expect(now.trimmedThrough).toBe(0);
        expect(now.epoch).toBe('0123456789abcdef');
        for (const sequence of [1, 2, 1234, 2500, 4999, COUNT]) {
          const id = `e${sequence}`;
          expect(now.oldestWithId(id).map((each) => each.sequence)).toEqual([sequence]);
          expect(now.newestWithId(id).map((each) => each.sequence)).toEqual([sequence]);
          expect(now.acceptedAt(sequence)).toBe(990 + 10 * sequence);
          expect(now.lastBefore(990 + 10 * sequence)).toBe(sequence - 1);
          expect(now.startOfNewest(COUNT - sequence, Number.POSITIVE_INFINITY)).toBe(sequence);
          expect(append(now, record(id))).toEqual([undefined]);
        }
        expect(now.startOfNewest(COUNT, now.bytesAfter(2500))).toBe(2500);
      };
      check(journal);
      for (let part = 0; part < 3; part++) {
        await convertSome(again(), 2);
        expect(segmentsOf(storage).length).toBe(2 * (part + 1));
        check(again());
      }
      expect(journal.conversion.nextDue()).toBe(0);
      await again().conversion.run();
      expect(hasRows(storage)).toBe(false);
      check(again());
      expect(again().conversion.nextDue()).toBe(Number.POSITIVE_INFINITY);
      expect(segmentsOf(storage).reduce((sum, { count }) => sum + count, 0)).toBe(COUNT);
      expect(append(again(), record('new'))).toEqual([COUNT + 1]);
    }));

  it('are converted while events are published, trimmed and repeated', () =>
    withRows(
      MANY,
      async (journal, storage, again) => {
        const expected = idsOf(COUNT);
        const converting = journal.conversion.run();
        for (let i = 0; hasRows(storage); i++) {
          append(journal, record(`new ${i}`));
          expected.push(`new ${i}`);
          expect(append(journal, record(expected.at(-COUNT + 20) ?? ''))).toEqual([undefined]);
          const kept = readAll(journal, journal.trimmedThrough, 200);
          expect(kept).toEqual(expected.slice(-kept.length));
          expect(kept.length).toBeGreaterThanOrEqual(COUNT);
          await scheduler.wait(0);
        }
        await converting;
        expect(expected.length).toBeGreaterThan(COUNT + 5);
        const kept = readAll(again(), again().trimmedThrough, 200);
        expect(kept).toEqual(expected.slice(-kept.length));
      },
      { events: COUNT },
    ));

  it('are gone when they are all too old, and their table with them', () =>
    withRows(MANY, (journal, storage, again) => {
      journal.trimmer.run(1_000_000_000);
      expect(journal.isEmpty).toBe(true);
      expect(hasRows(storage)).toBe(false);
      expect(append(again(), record('e1'))).toEqual([COUNT + 1]);
    }));

  it('are trimmed by their number before they are converted', () =>
    withRows(
      MANY,
      (journal, storage, again) => {
        append(journal, record('new'));
        const { events } = again().retained;
        expect(events).toBeGreaterThanOrEqual(1000);
        expect(events).toBeLessThanOrEqual(1062);
        const kept = readAll(again(), again().trimmedThrough, 200);
        expect(kept).toEqual([...idsOf(COUNT), 'new'].slice(-events));
        expect(hasRows(storage)).toBe(true);
      },
      { events: 1000 },
    ));

  it('become segments within the retention: number, bytes and time', () =>
    withRows(
      idsOf(600).map((id, i) => ({ ...rowOf(id), acceptedAt: 1000 + 1000 * i })),
      async (journal, storage) => {
        await journal.conversion.run();
        const rows = storage.sql
          .exec<Record<string, number>>(
            'SELECT count, last_accepted_at - first_accepted_at AS delay, OCTET_LENGTH(keys) + OCTET_LENGTH(frames) AS bytes FROM segments',
          )
          .toArray();
        expect(rows.length).toBeGreaterThanOrEqual(6);
        for (const { count, delay, bytes } of rows) {
          expect(count).toBeLessThanOrEqual(100);
          expect(delay).toBeLessThanOrEqual(100_000);
          expect(bytes).toBeLessThanOrEqual(10_000);
        }
        expect(readAll(journal)).toEqual(idsOf(600));
      },
      { events: 1600, bytes: 160_000, ageMs: 1_600_000 },
    ));

  it('may be years apart', () =>
    withRows(
      idsOf(40).map((id, i) => ({ ...rowOf(id), acceptedAt: 1000 + (i * MAX_DELAY_MS) / 5 })),
      async (journal, _storage, again) => {
        const check = (now: Journal) => {
          for (let sequence = 1; sequence <= 40; sequence++) {
            const at = 1000 + ((sequence - 1) * MAX_DELAY_MS) / 5;
            expect(now.acceptedAt(sequence)).toBe(at);
            expect(now.lastBefore(at)).toBe(sequence - 1);
          }
          expect(readAll(now)).toEqual(idsOf(40));
        };
        check(journal);
        await journal.conversion.run();
        check(again());
      },
      { ageMs: 366 * 24 * 3_600_000 },
    ));

  it('may be damaged: what cannot be read is a gap, before and after', () =>
    withRows(
      [
        rowOf('e1'),
        { key: 'x\np\n\nabc\ns', json: '{"id":' },
        { key: 'y\np\n\nabc\ns', json: 'null' },
        rowOf('e4'),
        { key: '\n/abc\n12', json: null },
        { ...rowOf('e6'), sequence: 6 },
        { ...rowOf('e9'), sequence: 9 },
        { ...rowOf('e10'), sequence: 10, acceptedAt: 5 },
      ],
      async (journal, _storage, again) => {
        const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
        const expected = [
          'e1',
          'unreadable 3',
          'e4',
          'feed_lost 5',
          'e6',
          'unreadable 8',
          'e9',
          'e10',
        ];
        expect(readAll(journal, 0, 200)).toEqual(expected);
        expect(readAll(journal, 0, 1).filter((each) => each !== 'unreadable 2')).toEqual(expected);
        const { entries } = journal.read(4, 1, 1000);
        expect(entries).toEqual([{ sequence: 5, gap: 'feed_lost', hub: '/abc' }]);
        const lines = logged.mock.calls.length;
        expect(lines).toBeGreaterThan(0);
        for (let i = 0; i < 5; i++) readAll(journal);
        expect(logged.mock.calls.length).toBe(lines);
        await journal.conversion.run();
        expect(readAll(again(), 0, 200)).toEqual(expected);
        expect(append(again(), record('e10'), record('new'))).toEqual([undefined, 11]);
      },
    ));

  it('may be large, and with characters of every kind', () => {
    const notes = [
      'ü'.repeat(10_000),
      '😀'.repeat(5000),
      '\ufeff€'.repeat(4000),
      'x'.repeat(30_000),
    ];
    const ids = idsOf(60).map((id) => `${id}-€😀\ufeff`);
    return withRows(
      ids.map((id, i) => rowOf(id, notes[i % notes.length])),
      async (journal, storage, again) => {
        expect(readAll(journal)).toEqual(ids);
        await journal.conversion.run();
        expect(segmentsOf(storage).length).toBeGreaterThan(1);
        const { entries } = again().read(0, 100, 64 * 1024 * 1024);
        expect(entries.map((each) => ('frame' in each ? each.frame.json : ''))).toEqual(
          ids.map((id, i) => frameOf(id, notes[i % notes.length])),
        );
        expect(append(again(), ...ids.map((id) => record(id)))).toEqual(ids.map(() => undefined));
      },
    );
  });

  it('are converted in turns of a bounded number of events', () =>
    withRows(MANY, async (journal) => {
      let turns = 0;
      const real = journal.transaction.bind(journal);
      vi.spyOn(journal, 'transaction').mockImplementation((change) => {
        turns++;
        return real(change);
      });
      await journal.conversion.run();
      expect(turns).toBe(COUNT / 500);
    }));

  it('of a full disk stay as they are, and are converted later', () =>
    withRows(MANY.slice(0, 700), async (journal, storage, again) => {
      storage.sql.exec(
        "CREATE TRIGGER broken BEFORE INSERT ON segments BEGIN SELECT RAISE(ABORT, 'disk full'); END",
      );
      await expect(journal.conversion.run()).rejects.toThrow('disk full');
      expect(() => append(journal, record('new'))).toThrow('disk full');
      expect(readAll(journal)).toEqual(idsOf(700));
      storage.sql.exec('DROP TRIGGER broken');
      // The key of the fingerprints was not stored with what failed.
      append(journal, record('new'));
      await journal.conversion.run();
      expect(append(again(), record('new'), record('e700'), record('e1'))).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(
        again()
          .oldestWithId('new')
          .map(({ sequence }) => sequence),
      ).toEqual([701]);
    }));
});

describe('a hub of release 0.2', () => {
  const hub = () => hubStub('abc');

  async function withEvents(count: number): Promise<string[]> {
    const ids = idsOf(count);
    await runInDurableObject(hub(), (_hub, { storage }) => {
      const now = Date.now();
      storeRows(
        storage,
        ids.map((id) => ({ ...rowOf(id), acceptedAt: now })),
      );
    });
    await evictDurableObject(hub());
    return ids;
  }

  it('goes on: what it had is resumed from, and the next event follows', async () => {
    await withEvents(900);
    const subscriber = await subscribe('abc', 'json=true&since=e500');
    await published('abc', { id: 'new' });
    const heard: string[] = [];
    while (heard.at(-1) !== 'new') heard.push(await subscriber.nextId());
    expect(heard).toEqual([...idsOf(900).slice(500), 'new']);
    await vi.waitFor(() =>
      runInDurableObject(hub(), async (instance, { storage }) => {
        await instance.alarm();
        expect(hasRows(storage)).toBe(false);
      }),
    );
    const again = await subscribe('abc', 'json=true&since=e890');
    expect(await again.nextId()).toBe('e891');
  });

  it('loses nothing when it dies amid its conversion', async () => {
    await withEvents(900);
    await published('abc', { id: 'new' });
    for (let kills = 0; kills < 3; kills++) {
      await runInDurableObject(hub(), (instance, state) => {
        // One segment is stored, and nothing after it.
        let left = 1;
        const { storage } = state;
        const real = storage.transactionSync.bind(storage);
        Object.defineProperty(storage, 'transactionSync', {
          value: (change: () => unknown) => {
            if (left-- === 0) throw new Error('the hub died');
            return real(change);
          },
        });
        return instance.alarm();
      });
      await evictDurableObject(hub());
    }
    await runInDurableObject(hub(), (instance) => instance.alarm());
    const subscriber = await subscribe('abc', 'json=true&since=earliest');
    const heard: string[] = [];
    while (heard.at(-1) !== 'new') heard.push(await subscriber.nextId());
    expect(heard).toEqual([...idsOf(900), 'new']);
    const repeated = await publish('abc', { id: 'new' });
    expect(await repeated.json()).toMatchObject({ data: { duplicates: 1 } });
  });

  it('that is empty has no table of rows any more', () =>
    runInDurableObject(hub(), (_hub, { storage }) => {
      storeRows(storage, []);
      expect(hasRows(storage)).toBe(true);
      migrate(storage, HUB_SCHEMA, 'the hub of a test');
      expect(hasRows(storage)).toBe(false);
    }));

  it('that is a wildcard hub keeps the gaps that it noted', () =>
    runInDurableObject(hubStub('unused'), async (_hub, { storage }) => {
      migrate(storage, WILDCARD_HUB_SCHEMA.slice(0, 1), 'the hub of a test');
      storeRows(storage, [rowOf('e1'), { key: '\n/abc\n7', json: null }, rowOf('e3')]);
      migrate(storage, WILDCARD_HUB_SCHEMA, 'the hub of a test');
      const journal = new Journal(storage, RETENTION);
      await journal.conversion.run();
      expect(new Journal(storage, RETENTION).read(1, 1, 1000).entries).toEqual([
        { sequence: 2, gap: 'feed_lost', hub: '/abc' },
      ]);
    }));
});
