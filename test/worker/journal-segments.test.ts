/** Segments: what is appended to them, what becomes of them, and how duplicates are recognised across them. */
import { describe, expect } from 'vitest';
import { fingerprintMemory } from '../../src/hub/journal/fingerprint-memory.ts';
import type { Journal } from '../../src/hub/journal/journal.ts';
import { it } from './fixtures.ts';
import {
  append,
  appendAll,
  collideFingerprints,
  frameOf,
  idsOf,
  readAll,
  record,
  recordsOf,
  segmentsOf,
  withJournal,
} from './journal-support.ts';

const MIB = 1024 * 1024;

describe('the retention of a journal of segments', () => {
  it.each([
    { events: 1, perRequest: 1 },
    { events: 1, perRequest: 7 },
    { events: 2, perRequest: 3 },
    { events: 15, perRequest: 1 },
    { events: 15, perRequest: 40 },
    { events: 16, perRequest: 1 },
    { events: 16, perRequest: 5 },
    { events: 17, perRequest: 1 },
    { events: 17, perRequest: 100 },
    { events: 100, perRequest: 1 },
    { events: 100, perRequest: 13 },
    { events: 1000, perRequest: 90 },
  ])(
    '$events events, $perRequest a request: never fewer, and at most a sixteenth more',
    ({ events, perRequest }) =>
      withJournal({ events }, (journal, _storage, again) => {
        const total = 3 * events + 50;
        for (let from = 0; from < total; from += perRequest) {
          const ids = Array.from({ length: perRequest }, (_, i) => `n${from + i}`);
          append(journal, ...ids.map((id) => record(id)));
          const kept = journal.retained.events;
          expect(kept).toBeGreaterThanOrEqual(Math.min(from + perRequest, events));
          expect(kept).toBeLessThanOrEqual(events + Math.floor(events / 16));
        }
        const kept = readAll(again(), again().trimmedThrough, 200);
        expect(kept.length).toBe(journal.retained.events);
        expect(kept.at(-1)).toBe(`n${journal.last - 1}`);
        expect(readAll(journal, journal.trimmedThrough, 200)).toEqual(kept);
      }),
  );

  it.each([
    { of: 100, perRequest: 1 },
    { of: 1000, perRequest: 3 },
    { of: 1000, perRequest: 40 },
    { of: 5000, perRequest: 1 },
  ])('so many bytes, in events of $of, $perRequest a request', ({ of, perRequest }) =>
    withJournal({ events: 1_000_000, bytes: 262_144 }, (journal) => {
      const note = 'ü'.repeat(of / 2);
      for (let from = 0; from * of < 3 * 262_144; from += perRequest) {
        const ids = Array.from({ length: perRequest }, (_, i) => `n${from + i}`);
        append(journal, ...ids.map((id) => record(id, 1000, frameOf(id, note))));
        const { bytes } = journal.retained;
        if (journal.trimmedThrough > 0) expect(bytes).toBeGreaterThanOrEqual(262_144);
        expect(bytes).toBeLessThanOrEqual(262_144 + 16_384);
      }
      expect(journal.trimmedThrough).toBeGreaterThan(0);
    }),
  );

  it('of the fewest bytes has room for the largest events, and one more', () =>
    withJournal({ events: 1000, bytes: 262_144 }, (journal, storage) => {
      const largest = 'x'.repeat(31 * 1024 - 200);
      for (let i = 0; i < 40; i++)
        append(journal, record(`n${i}`, 1000, frameOf(`n${i}`, largest)));
      const { bytes, events } = journal.retained;
      expect(bytes).toBeGreaterThanOrEqual(262_144);
      expect(bytes).toBeLessThanOrEqual(262_144 + 16_384 + 31 * 1024);
      expect(segmentsOf(storage).length).toBe(events);
    }));

  it('an age: all that is older by an eighth is gone, and nothing that is younger', () =>
    withJournal({ events: 100_000, ageMs: 16_000 }, (journal, _storage, again) => {
      const start = 1_000_000;
      for (let now = start; now < start + 60_000; now += 100) {
        append(journal, record(`${now}`, now));
        if (now >= journal.trimmer.nextDue()) journal.trimmer.run(now);
        const oldest = again().acceptedAt(again().trimmedThrough + 1);
        expect(oldest).toBeGreaterThanOrEqual(now - 16_000 * (1 + 2 / 16));
        if (now > start + 18_000) expect(oldest).toBeLessThanOrEqual(now - 16_000);
      }
    }));

  it('an age: a segment that nothing is appended to is gone when its last event is too old', () =>
    withJournal({ events: 100_000, ageMs: 16_000 }, (journal, storage) => {
      for (let at = 0; at <= 3000; at += 100) append(journal, record(`${at}`, 1_000_000 + at));
      for (const { delay } of storage.sql.exec<{ delay: number }>(
        'SELECT last_accepted_at - first_accepted_at AS delay FROM segments',
      )) {
        expect(delay).toBeLessThanOrEqual(1000);
      }
      let now = 0;
      while (journal.trimmer.nextDue() < Number.POSITIVE_INFINITY) {
        now = journal.trimmer.nextDue();
        journal.trimmer.run(now);
      }
      expect(journal.isEmpty).toBe(true);
      expect(now).toBeGreaterThan(1_003_000 + 16_000);
      expect(now).toBeLessThanOrEqual(1_003_000 + 17_001);
    }));

  it('holds when the clock jumps by years, and back', () =>
    withJournal({ ageMs: 366 * 24 * 3_600_000, events: 1000 }, (journal, _storage, again) => {
      const year = 366 * 24 * 3_600_000;
      const times = [1, 2, 1 + year, 2 + year, 5, 6, 3 + year, 9 * year, 7, 9 * year + 1];
      for (const [i, at] of times.entries()) append(journal, record(`e${i + 1}`, at));
      const never = times.map((_, i) => Math.max(...times.slice(0, i + 1)));
      for (const now of [journal, again()]) {
        expect(readAll(now)).toEqual(idsOf(10));
        expect(times.map((_, i) => now.acceptedAt(i + 1))).toEqual(never);
        expect(now.lastBefore(1 + year)).toBe(2);
        expect(now.lastBefore(3 + year)).toBe(6);
        expect(now.lastBefore(9 * year + 1)).toBe(9);
      }
    }));

  it('lets the note stay when all is trimmed, and no older one come back', () =>
    withJournal({ events: 100 }, (journal, _storage, again) => {
      const appendNoted = (id: string, note: string) =>
        journal.transaction(() => journal.appendWithNote([recordsOf(record(id))], 'all', note));
      appendNoted('a', 'first');
      journal.trimmer.run(1_000_000);
      expect([journal.note, again().note]).toEqual(['first', 'first']);
      appendNoted('b', '');
      expect([journal.note, again().note]).toEqual(['', '']);
      journal.trimmer.run(1_000_000);
      expect(journal.isEmpty).toBe(true);
      expect([journal.note, again().note]).toEqual(['', '']);
      journal.setNote('set while empty');
      expect(again().note).toBe('set while empty');
    }));
});

describe('a transaction of several segments', () => {
  /** Makes the segments from a sequence on fail. */
  function breakFrom({ sql }: DurableObjectStorage, first: number): void {
    sql.exec(
      `CREATE TRIGGER broken BEFORE INSERT ON segments WHEN NEW.first >= ${first} BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
    );
  }

  it('that fails half way stores nothing, and goes on', () =>
    withJournal({ events: 160 }, (journal, storage, again) => {
      appendAll(journal, idsOf(5));
      breakFrom(storage, 30);
      const batch = idsOf(60).map((id) => record(`batch ${id}`));
      const read = readAll(journal);
      for (let i = 0; i < 3; i++) {
        expect(() => append(journal, ...batch)).toThrow('disk full');
        expect(segmentsOf(storage)).toEqual([{ first: 1, count: 5 }]);
        expect([journal.last, journal.retained.events]).toEqual([5, 5]);
        expect(readAll(journal)).toEqual(read);
        expect(journal.oldestWithId('batch e1')).toEqual([]);
        // What was not stored is no duplicate, and what was is one.
        expect(append(journal, record('e5'))).toEqual([undefined]);
      }
      storage.sql.exec('DROP TRIGGER broken');
      expect(append(journal, ...batch)).toEqual(batch.map((_, i) => i + 6));
      for (const now of [journal, again()]) {
        expect(readAll(now)).toEqual([...idsOf(5), ...idsOf(60).map((id) => `batch ${id}`)]);
        expect(append(now, ...batch)).toEqual(batch.map(() => undefined));
      }
    }));

  it('that fails for one request stores those of the others', () =>
    withJournal({ events: 160 }, (journal, storage, again) => {
      storage.sql.exec(
        "CREATE TRIGGER broken BEFORE INSERT ON segments WHEN NEW.keys LIKE '%bad%' BEGIN SELECT RAISE(ABORT, 'disk full'); END",
      );
      const requests = [
        recordsOf(...idsOf(25).map((id) => record(id))),
        recordsOf(record('bad')),
        recordsOf(record('good')),
      ];
      expect(() => journal.transaction(() => journal.append(requests))).toThrow('disk full');
      const outcomes = requests.map((request) => {
        try {
          return journal.transaction(() => journal.append([request])).flat().length;
        } catch {
          return 'failed';
        }
      });
      expect(outcomes[0]).toBe(25);
      expect(readAll(again())).toEqual(readAll(journal));
      expect(readAll(journal).slice(0, 25)).toEqual(idsOf(25));
    }));

  it('that fails does not leave a segment in a cache that was never stored', () =>
    withJournal({ events: 1600 }, (journal) => {
      appendAll(journal, idsOf(3));
      expect(readAll(journal)).toEqual(idsOf(3));
      expect(() =>
        journal.transaction(() => {
          journal.append([recordsOf(record('lost', 1000, frameOf('lost')))]);
          expect(readAll(journal)).toEqual([...idsOf(3), 'lost']);
          throw new Error('the disk is full');
        }),
      ).toThrow('the disk is full');
      append(journal, record('else', 1000, frameOf('else')));
      expect(readAll(journal)).toEqual([...idsOf(3), 'else']);
      expect(append(journal, record('lost'))).toEqual([5]);
    }));
});

describe('hidden events', () => {
  it('of the last segment are shown when they are durable, and not before', () =>
    withJournal({ events: 1600 }, (journal) => {
      appendAll(journal, idsOf(3));
      expect(readAll(journal)).toEqual(idsOf(3));
      journal.hideAppended();
      append(journal, record('hidden', 2000, frameOf('hidden', 'x'.repeat(10_000))));
      expect(readAll(journal)).toEqual(idsOf(3));
      expect(journal.last).toBe(3);
      expect(journal.newestWithId('hidden')).toEqual([]);
      expect(journal.readSlices(0, 100, MIB).at(-1)).toMatchObject({ first: 1 });
      expect(journal.lastBefore(5000)).toBe(3);
      // The bytes of the hidden event do not count.
      for (const bytes of [0, 200, 100_000]) {
        expect(journal.startOfNewest(100, bytes)).toBeLessThanOrEqual(3);
      }
      expect(journal.startOfNewest(100, 100_000)).toBe(0);
      journal.showAppended();
      expect(readAll(journal)).toEqual([...idsOf(3), 'hidden']);
      expect(journal.newestWithId('hidden').length).toBe(1);
    }));
});

describe('duplicates', () => {
  function check(journal: Journal, ids: readonly string[]): void {
    const retained = ids.slice(-journal.retained.events);
    const outcomes = append(journal, ...retained.map((id) => record(id)));
    expect(outcomes).toEqual(retained.map(() => undefined));
    for (const id of [retained[0], retained.at(-1), retained[retained.length >> 1]]) {
      expect(append(journal, record(id ?? ''))).toEqual([undefined]);
      const [entry] = journal.oldestWithId(id ?? '');
      expect(entry?.frame.event.id).toBe(id);
    }
  }

  it.each(['', ' though all their fingerprints collide'])(
    'are all recognised across segments, and nothing else is%s',
    (how) =>
      withJournal({ events: 320 }, (journal, _storage, again) => {
        if (how !== '') collideFingerprints();
        const all: string[] = [];
        for (const count of [1, 1, 1, 19, 1, 20, 21, 1, 45, 200, 1, 130]) {
          const ids = Array.from({ length: count }, (_, i) => `n${all.length + i}`);
          // Each twice in its request.
          const outcomes = append(journal, ...[...ids, ...ids].map((id) => record(id)));
          expect(outcomes.slice(count)).toEqual(ids.map(() => undefined));
          expect(outcomes.slice(0, count)).toEqual(ids.map((_, i) => all.length + i + 1));
          all.push(...ids);
          check(journal, all);
          check(again(), all);
        }
        expect(journal.last).toBe(all.length);
        // What is trimmed is no duplicate any more.
        expect(append(again(), record('n0'))).toEqual([all.length + 1]);
      }),
  );

  it('are recognised in one call with a thousand requests', () =>
    withJournal({ events: 2000 }, (journal, _storage, again) => {
      const requests = idsOf(1000).map((id, i) => recordsOf(record(id), record(`e${i}`)));
      const outcomes = journal.transaction(() => journal.append(requests));
      expect(outcomes[0]).toEqual([1, 2]);
      expect(outcomes.slice(1)).toEqual(
        idsOf(1000)
          .slice(1)
          .map((_, i) => [i + 3, undefined]),
      );
      expect(readAll(again(), 2, 200)).toEqual(idsOf(1000).slice(1));
    }));

  it('are recognised by keys of every kind of character', () =>
    withJournal({ events: 320 }, (journal, _storage, again) => {
      const ids = [
        'a',
        'ü',
        '€',
        '😀',
        'a😀',
        '\ufeff',
        '\ufeffa',
        'é',
        'e\u0301',
        '\u{10ffff}',
        "'",
        '%',
      ];
      const sequences = append(journal, ...ids.map((id) => record(id)));
      expect(sequences).toEqual(ids.map((_, i) => i + 1));
      for (const now of [journal, again()]) {
        expect(readAll(now)).toEqual(ids);
        expect(append(now, ...ids.map((id) => record(id)))).toEqual(ids.map(() => undefined));
        for (const [i, id] of ids.entries()) {
          expect(now.oldestWithId(id).map(({ sequence }) => sequence)).toEqual([i + 1]);
        }
      }
    }));

  it('are recognised after the fingerprints were dropped for the sake of another hub', () =>
    withJournal({ events: 320 }, (journal) => {
      appendAll(journal, idsOf(100), 7);
      expect(append(journal, record('e5'))).toEqual([undefined]);
      const held = fingerprintMemory.byteLength;
      const dropped: string[] = [];
      const other = { byteLength: 64 * MIB, drop: () => dropped.push('other') };
      fingerprintMemory.use(other);
      expect(fingerprintMemory.byteLength).toBeLessThan(held + 65 * MIB);
      expect(append(journal, record('e5'), record('new'), record('new'))).toEqual([
        undefined,
        101,
        undefined,
      ]);
      fingerprintMemory.remove(other);
      expect(append(journal, record('e100'), record('new'))).toEqual([undefined, undefined]);
    }));

  it('are recognised after the first append with a new key was undone', () =>
    withJournal({ events: 320 }, (journal, storage, again) => {
      const { fingerprintKey: _, ...header } = storage.kv.get<Record<string, unknown>>(
        'journal_header',
      ) ?? {
        epoch: '0123456789abcdef',
        recordedSince: 0,
        trimmedThrough: 0,
        trimmedUntil: 0,
        trimmedBytes: 0,
      };
      storage.kv.put('journal_header', header);
      expect(() =>
        journal.transaction(() => {
          journal.append([recordsOf(record('a'))]);
          throw new Error('half way');
        }),
      ).toThrow('half way');
      append(journal, record('a'), record('b'));
      expect(append(again(), record('b'), record('a'))).toEqual([undefined, undefined]);
    }));
});

it('sequences may exceed 32 bits', () =>
  withJournal({ events: 160 }, (journal, storage, again) => {
    const first = 2 ** 40;
    journal.createHeader(true);
    const header = storage.kv.get<Record<string, unknown>>('journal_header');
    storage.kv.put('journal_header', { ...header, trimmedThrough: first - 1 });
    const far = again();
    expect(append(far, record('a'), record('b'))).toEqual([first, first + 1]);
    appendAll(far, idsOf(300), 11);
    for (const now of [far, again()]) {
      expect(now.last).toBe(first + 301);
      const kept = readAll(now, now.trimmedThrough);
      expect(kept).toEqual(idsOf(300).slice(-kept.length));
      expect(append(now, record('e300'), record('e200'))).toEqual([undefined, undefined]);
      expect(now.oldestWithId('e299').map(({ sequence }) => sequence)).toEqual([first + 300]);
    }
  }));
