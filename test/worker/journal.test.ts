import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { Journal } from '../../src/hub/journal/journal.ts';
import { MAX_TRIMMED_SEGMENTS } from '../../src/hub/limits.ts';
import { it } from './fixtures.ts';
import { append, RETENTION, record, recordsOf, sequences, withJournal } from './journal-support.ts';
import {
  breakTable,
  hubStub,
  publish,
  published,
  repair,
  subscribe,
  wildcardHubStub,
} from './support.ts';

const MIB = 1024 * 1024;
/** Makes all events of a hub too old, and rings its alarm. @returns whether it was set */
async function expired(eventTypeNamespace: string): Promise<boolean> {
  const stub = hubStub(eventTypeNamespace);
  await runInDurableObject(stub, (_hub, { storage }) => {
    storage.sql.exec('UPDATE segments SET first_accepted_at = 1, last_accepted_at = 1');
  });
  await evictDurableObject(stub);
  return runDurableObjectAlarm(stub);
}

describe('a journal', () => {
  it('numbers what is new from one, and does not number a duplicate', () =>
    withJournal({}, (journal) => {
      expect(append(journal, record('a'), record('b'), record('a'))).toEqual([1, 2, undefined]);
      expect(append(journal, record('b'), record('c'))).toEqual([undefined, 3]);
      expect(journal.last).toBe(3);
    }));

  it('goes on counting where it was, also when it was emptied and opened again', () =>
    withJournal({}, (journal, _storage, again) => {
      append(journal, record('a'), record('b'));
      journal.trimmer.run(100_000);
      expect(sequences(journal)).toEqual([]);
      const reopened = again();
      expect(reopened.epoch).toBe(journal.epoch);
      expect(append(reopened, record('a'))).toEqual([3]);
    }));

  it('has another epoch when its storage was lost', () =>
    withJournal({}, (journal, storage, again) => {
      const { epoch } = journal;
      storage.kv.delete('journal_header');
      expect(again().epoch).not.toBe(epoch);
      expect(epoch).toMatch(/^[0-9a-f]{16}$/);
    }));

  it('takes all of a transaction or nothing, and knows it', () =>
    withJournal({}, (journal) => {
      append(journal, record('a'));
      expect(() =>
        journal.transaction(() => {
          journal.append([recordsOf(record('b'))]);
          throw new Error('half way');
        }),
      ).toThrow('half way');
      expect(journal.last).toBe(1);
      expect(append(journal, record('b'))).toEqual([2]);
    }));

  it('takes no event for a duplicate whose place another writer has taken, and goes on after it', () =>
    withJournal({}, (journal, _storage, again) => {
      append(journal, record('a'));
      const other = again();
      append(other, record('b'));
      expect(() => append(journal, record('c'), record('d'))).toThrow(
        /another writer has appended event/,
      );
      expect(sequences(journal)).toEqual([1, 2]);
      expect(append(journal, record('c'), record('b'))).toEqual([3, undefined]);
      // And the other way round: it is behind now.
      expect(() => append(other, record('e'))).toThrow(/another writer has appended event/);
      expect(append(other, record('e'))).toEqual([4]);
      expect(sequences(again())).toEqual([1, 2, 3, 4]);
    }));

  it('reads pages of so many bytes, not characters', () =>
    withJournal({}, (journal) => {
      const json = 'ü'.repeat(500);
      const bytes = 1000 + record('a').key.length;
      append(journal, ...['a', 'b', 'c', 'd', 'e'].map((id) => record(id, 1000, json)));
      const page = journal.read(1, 10, 3 * bytes);
      expect(page.entries.map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
      expect(page.bytes).toBe(3 * bytes);
      expect(journal.read(1, 10, 3 * bytes - 1).entries.length).toBe(2);
      expect(journal.read(1, 10, 1).entries.length).toBe(1);
      expect(journal.read(5, 10, 1)).toEqual({ entries: [], bytes: 0, through: 5 });
    }));

  it('never goes back in time, though the clock does', () =>
    withJournal({}, (journal) => {
      append(journal, record('a', 5000), record('b', 2000), record('c', 6000));
      expect([1, 2, 3].map((sequence) => journal.acceptedAt(sequence))).toEqual([5000, 5000, 6000]);
      expect(journal.lastBefore(4000)).toBe(0);
      expect(journal.lastBefore(5001)).toBe(2);
      expect(journal.lastBefore(6001)).toBe(3);
    }));

  it('keeps as many events as it shall, and at most a sixteenth more', () =>
    withJournal({ events: 32 }, (journal) => {
      for (let i = 0; i < 100; i++) {
        append(journal, record(`n${i}`));
        const kept = journal.last - journal.trimmedThrough;
        expect(kept).toBeGreaterThanOrEqual(Math.min(i + 1, 32));
        expect(kept).toBeLessThanOrEqual(34);
      }
    }));

  it('keeps as many bytes as it shall, and at most a sixteenth more', () =>
    withJournal({ bytes: 32_000 }, (journal) => {
      const json = 'ü'.repeat(500);
      for (let i = 0; i < 200; i++) append(journal, record(`n${i}`, 1000, json));
      const bytes = journal.bytesAfter(journal.trimmedThrough);
      expect(bytes).toBeGreaterThan(30_000);
      expect(bytes).toBeLessThanOrEqual(34_000);
      expect(sequences(journal).length).toBe(journal.last - journal.trimmedThrough);
    }));

  it('lets go of what is too old, a bounded number of segments at once, until nothing is due', () =>
    withJournal({ events: 1000, bytes: 16 * MIB }, (journal) => {
      // A segment is no larger than a sixteenth of what is retained: here, of these bytes.
      const large = 'x'.repeat(600_000);
      for (let i = 0; i < 10; i++) append(journal, record(`n${i}`, 1000, large));
      append(journal, record('young', 50_000));
      expect(journal.trimmer.nextDue()).toBeGreaterThan(61_000);
      expect(journal.trimmer.nextDue()).toBeLessThanOrEqual(61_000 + 60_000 / 8);
      journal.trimmer.run(61_001);
      expect(sequences(journal)).toEqual([11]);
      journal.trimmer.run(journal.trimmer.nextDue());
      expect(journal.trimmer.nextDue()).toBe(Infinity);
    }));

  it('trims no more than a bounded number of segments in a turn', () =>
    withJournal({ events: 15 }, (journal) => {
      const old = MAX_TRIMMED_SEGMENTS + 10;
      // An event is a segment here, and none is trimmed for its number while the clock stands still.
      const records = Array.from({ length: old }, (_, i) => record(`n${i}`));
      for (const each of records) append(journal, each);
      expect(journal.retained.events).toBe(15);
      journal.trimmer.run(1_000_000);
      expect(journal.retained.events).toBe(0);
    }));

  it('is trimmed by the next alarm after its retention was lowered', () =>
    withJournal({}, (journal, storage) => {
      for (let i = 0; i < 50; i++) append(journal, record(`n${i}`, Date.now()));
      const lowered = new Journal(storage, { ...RETENTION, events: 16 });
      expect(lowered.trimmer.nextDue()).toBe(0);
      lowered.trimmer.run(0);
      // Its segments have up to six events.
      expect(lowered.retained.events).toBeLessThanOrEqual(22);
      expect(lowered.trimmer.nextDue()).toBeGreaterThan(0);
    }));

  it('knows from when on it is complete', () =>
    withJournal({ events: 2 }, (journal) => {
      const begun = journal.recordedSince;
      expect(journal.isCompleteSince(begun - 1000, 1000)).toBe(true);
      expect(journal.isCompleteSince(begun - 1001, 1000)).toBe(false);
      append(journal, record('a', begun + 10), record('b', begun + 20), record('c', begun + 30));
      expect(journal.isCompleteSince(begun + 10, 1000)).toBe(false);
      expect(journal.isCompleteSince(begun + 11, 1000)).toBe(true);
    }));

  it('finds the events with an id, and no other that begins like it', () =>
    withJournal({}, (journal) => {
      for (const id of ['a', 'ab', 'a-b']) append(journal, record(id));
      append(journal, { ...record('a'), key: 'a\nother\n\nabc\ns' });
      expect(journal.newestWithId('a').map(({ sequence }) => sequence)).toEqual([4, 1]);
      expect(journal.oldestWithId('a').map(({ sequence }) => sequence)).toEqual([1, 4]);
      expect(journal.oldestWithId('')).toEqual([]);
    }));
});

it('an event whose place in the journal is taken is not acknowledged, and is when it is repeated', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const subscriber = await subscribe('abc');
  await published('abc', { id: 'a' });
  await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
    const other = new Journal(storage, RETENTION);
    append(other, record('other', 1));
  });
  const refused = await publish('abc', [{ id: 'b' }, { id: 'c' }]);
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({
    data: { accepted: [], duplicates: [], failed: [0, 1], ids: ['b', 'c'] },
  });
  expect(logged.mock.calls.flat().join(' ')).toMatch(
    /publishing to the hub \/abc failed.*another writer has appended/,
  );
  const repeated = await publish('abc', [{ id: 'b' }, { id: 'c' }]);
  expect(await repeated.json()).toMatchObject({ data: { accepted: 2, duplicates: 0 } });
  expect([await subscriber.nextId(), await subscriber.nextId(), await subscriber.nextId()]).toEqual(
    ['a', 'b', 'c'],
  );
  logged.mockRestore();
});

describe('what an event costs', () => {
  /** Rows written by everything that `work` does in the object, as the platform counts them. */
  async function rowsOf(stub: DurableObjectStub, work: () => Promise<unknown>): Promise<number> {
    const counter = { rows: 0 };
    await runInDurableObject(stub, (_hub, { storage }) => {
      const { sql } = storage;
      const exec = sql.exec.bind(sql);
      Object.defineProperty(sql, 'exec', {
        configurable: true,
        value: (...args: Parameters<typeof exec>) => {
          const cursor = exec(...args);
          counter.rows += cursor.rowsWritten;
          return cursor;
        },
      });
    });
    await work();
    return counter.rows;
  }

  /** Of the segments of a batch: a small journal has small ones. */
  const segments = Math.ceil(500 / (Number(env.JOURNAL_MAX_EVENTS) / 16));
  const batch = Array.from({ length: 500 }, (_, i) => ({ id: `a${i}` }));
  const alone = async (prefix: string, count: number) => {
    for (let i = 0; i < count; i++) await published('abc', { id: `${prefix}${i}` });
  };

  it('one row if it comes alone, and hardly more when it goes', async () => {
    await alone('warm-up', 1);
    const coming = await rowsOf(hubStub('abc'), () => alone('a', 100));
    expect(coming).toBe(100);
    const going = await rowsOf(hubStub('abc'), () => expired('abc'));
    expect(going).toBeLessThanOrEqual(4);
  });

  it('a row for each segment of what comes together', async () => {
    await alone('warm-up', 1);
    expect(await rowsOf(hubStub('abc'), () => published('abc', batch))).toBeLessThanOrEqual(
      segments + 1,
    );
    expect(await rowsOf(hubStub('abc'), () => expired('abc'))).toBeLessThanOrEqual(segments + 3);
  });

  it('one row in a wildcard hub, with how far that has the journal', async () => {
    await subscribe('ab*');
    await alone('warm-up', 1);
    const coming = await rowsOf(wildcardHubStub(), () => alone('a', 10));
    expect(coming).toBe(10);
    const together = await rowsOf(wildcardHubStub(), () => published('abc', batch));
    expect(together).toBeLessThanOrEqual(segments + 1);
  });

  it('nothing where it is a duplicate', async () => {
    await published('abc', { id: 'a' });
    await published('abc', { id: 'b' });
    expect(await rowsOf(hubStub('abc'), () => published('abc', { id: 'a' }))).toBe(0);
  });
});

it('a hub that wakes reads nothing of its journal', async () => {
  await published('abc', { id: 'a' });
  await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
    storage.sql.exec('ALTER TABLE segments RENAME COLUMN first TO lost');
  });
  await evictDurableObject(hubStub('abc'));
  expect(await hubStub('abc').authorityChanged('')).toBe(false);
  expect((await publish('abc')).status).toBe(503);
});

describe('a hub whose clock jumps back', () => {
  it('accepts, sends and resumes in the order of acceptance', async () => {
    await published('abc', { id: 'a' });
    await runInDurableObject(hubStub('abc'), (_hub, { storage }) => {
      storage.sql.exec(
        `UPDATE segments SET first_accepted_at = first_accepted_at + 3600000,
           last_accepted_at = last_accepted_at + 3600000`,
      );
    });
    await evictDurableObject(hubStub('abc'));
    await published('abc', { id: 'b' });
    const subscriber = await subscribe('abc', 'json=true&since=a');
    expect(await subscriber.nextId()).toBe('b');
  });
});

describe('a full disk', () => {
  it('is answered with 503, and the event is heard once when the request is repeated', async () => {
    const subscriber = await subscribe('abc');
    await published('abc', { id: 'a' });
    await breakTable(hubStub('abc'), 'segments');
    expect((await publish('abc', { id: 'b' })).status).toBe(503);
    await repair(hubStub('abc'));
    await published('abc', { id: 'b' });
    expect([await subscriber.nextId(), await subscriber.nextId()]).toEqual(['a', 'b']);
  });
});

describe('the alarm', () => {
  it('trims what is too old, and is not set again when nothing is left', async () => {
    await published('abc', { id: 'a' });
    expect(await expired('abc')).toBe(true);
    const alarm = await runInDurableObject(hubStub('abc'), async (_hub, { storage }) => {
      expect(storage.sql.exec('SELECT 1 FROM segments').toArray()).toEqual([]);
      return storage.getAlarm();
    });
    expect(alarm).toBeNull();
    expect(await runDurableObjectAlarm(wildcardHubStub())).toBe(false);
  });
});
