/** The newest pages of the journal that a region head stores. */
import { expect, vi } from 'vitest';
import { MAX_WINDOW_PAGES, OPEN_SEGMENT_BYTES } from '../../../src/hub/limits.ts';
import { createWindow, PageWindow } from '../../../src/hub/shards/at-replica/page-window.ts';
import { it } from '../fixtures.ts';
import { append, frameOf, idsOf, record } from '../journal-support.ts';
import { accept, pageOf, type Staged, staged } from './replica-support.ts';

const INTEREST = [{ pattern: 'abc', namespaces: [''] }];

/** Counts the rows of the window that are written. */
function counting(sql: SqlStorage) {
  const counts = { rows: 0 };
  const exec = sql.exec.bind(sql);
  vi.spyOn(sql, 'exec').mockImplementation((...statement: Parameters<SqlStorage['exec']>) => {
    const cursor = exec(...statement);
    if (statement[0].includes('pages')) counts.rows += cursor.rowsWritten;
    return cursor as never;
  });
  return counts;
}

function rowsOf({ storage }: Staged): number {
  return storage.sql.exec<{ count: number }>('SELECT COUNT(*) AS count FROM pages').one().count;
}

/** The ids of the events after a sequence, as far as the window has them. */
function idsIn(window: PageWindow, after: number): string[] {
  const ids: string[] = [];
  let page = window.at(after);
  for (let position = after; page !== undefined; page = window.at(position)) {
    ids.push(
      ...page.entries
        .filter(({ sequence }) => sequence > position)
        .map((entry) => ('gap' in entry ? entry.gap : entry.frame.event.id)),
    );
    position = page.through;
  }
  return ids;
}

/** Appends events and stores them, a page each. */
function store({ journal }: Staged, window: PageWindow, count: number, note = ''): void {
  for (let i = 0; i < count; i++) {
    const next = journal.last + 1;
    append(journal, record(`e${next}`, 1000, frameOf(`e${next}`, note)));
    window.append(pageOf(journal, next - 1, next), 0, INTEREST);
  }
}

function withWindow(test: (window: PageWindow, parts: Staged) => void): Promise<void> {
  return staged(async (parts) => {
    createWindow(parts.storage.sql);
    test(new PageWindow(parts.storage.sql), parts);
    vi.restoreAllMocks();
  });
}

it('a page costs one row, and one without events none', () =>
  withWindow((window, parts) => {
    const { journal, storage } = parts;
    const counts = counting(storage.sql);
    store(parts, window, 1);
    expect(counts.rows).toBe(1);
    store(parts, window, 9);
    const { usedRows, before } = { usedRows: rowsOf(parts), before: counts.rows };
    expect(usedRows).toBe(1);
    window.append({ ...pageOf(journal, 10, 10), through: 20 }, 0, INTEREST);
    expect(counts.rows).toBe(before);
    expect(window.position).toEqual({ epoch: journal.epoch, taken: 10 });
    // What follows is stored with what was not wanted before it.
    accept(journal, idsOf(25).slice(10));
    window.append(pageOf(journal, 20, 25), 0, INTEREST);
    expect(idsIn(window, 0)).toEqual([...idsOf(10), ...idsOf(25).slice(20)]);
  }));

it('a page costs one row also if it overwrites the oldest, and the rows are bounded', () =>
  withWindow((window, parts) => {
    const note = 'n'.repeat(OPEN_SEGMENT_BYTES);
    store(parts, window, MAX_WINDOW_PAGES, note);
    expect(rowsOf(parts)).toBe(MAX_WINDOW_PAGES);
    const counts = counting(parts.storage.sql);
    store(parts, window, 10, note);
    expect(counts.rows).toBe(10);
    expect(rowsOf(parts)).toBe(MAX_WINDOW_PAGES);
    expect(window.at(9)).toBeUndefined();
    expect(idsIn(window, 10)).toEqual(idsOf(MAX_WINDOW_PAGES + 10).slice(10));
    const again = new PageWindow(parts.storage.sql);
    expect(again.at(9)).toBeUndefined();
    expect(idsIn(again, 10)).toEqual(idsOf(MAX_WINDOW_PAGES + 10).slice(10));
    store(parts, again, 1, note);
    expect(idsIn(again, 11)).toEqual(idsOf(MAX_WINDOW_PAGES + 11).slice(11));
  }));

it('a head that wakes knows where it was, of what journal and for what interest', () =>
  withWindow((window, parts) => {
    const { journal, storage } = parts;
    store(parts, window, 5);
    accept(journal, idsOf(8).slice(5));
    window.append(pageOf(journal, 5, 8, 7), 3, INTEREST);
    const again = new PageWindow(storage.sql);
    expect(again.position).toEqual({ epoch: journal.epoch, taken: 8 });
    expect(again.stored).toMatchObject({
      facts: { epoch: journal.epoch },
      version: 7,
      interest: INTEREST,
      completeAfter: 3,
      through: 8,
    });
    expect(idsIn(again, 2)).toEqual(idsOf(8).slice(2));
  }));

it('of a page that overlaps, what is new is stored; a hole ends what can be read before it', () =>
  withWindow((window, parts) => {
    const { journal, storage } = parts;
    accept(journal, idsOf(30));
    window.append(pageOf(journal, 0, 10), 0, INTEREST);
    window.append(pageOf(journal, 5, 15), 0, INTEREST);
    window.append(pageOf(journal, 0, 12), 0, INTEREST);
    expect(idsIn(window, 0)).toEqual(idsOf(15));
    window.append(pageOf(journal, 20, 30), 0, INTEREST);
    for (const each of [window, new PageWindow(storage.sql)]) {
      expect(each.at(3)).toBeUndefined();
      expect(idsIn(each, 20)).toEqual(idsOf(30).slice(20));
    }
  }));

it('pages of another journal replace all', () =>
  withWindow((window, parts) => {
    const { journal, storage } = parts;
    store(parts, window, 5);
    journal.restored(Date.now());
    accept(journal, ['e6']);
    window.append(pageOf(journal, 5, 6), 0, INTEREST);
    expect(rowsOf(parts)).toBe(1);
    expect(new PageWindow(storage.sql).position).toEqual({ epoch: journal.epoch, taken: 6 });
    window.forget();
    expect([rowsOf(parts), window.position, window.stored]).toEqual([0, undefined, undefined]);
  }));

it('a damaged page is not read', () =>
  withWindow((window, parts) => {
    store(parts, window, 5);
    parts.storage.sql.exec('UPDATE pages SET frames = substr(frames, 5)');
    expect(new PageWindow(parts.storage.sql).at(0)).toBeUndefined();
    parts.storage.sql.exec("UPDATE pages SET runs = x'00'");
    expect(new PageWindow(parts.storage.sql).at(0)).toBeUndefined();
  }));

it('a page that could not be stored can be stored again', () =>
  withWindow((window, parts) => {
    const { journal, storage } = parts;
    store(parts, window, 2);
    accept(journal, ['e3']);
    storage.sql.exec('ALTER TABLE pages RENAME TO broken');
    expect(() => window.append(pageOf(journal, 2, 3), 0, INTEREST)).toThrow('pages');
    storage.sql.exec('ALTER TABLE broken RENAME TO pages');
    expect(window.position?.taken).toBe(2);
    window.append(pageOf(journal, 2, 3), 0, INTEREST);
    for (const each of [window, new PageWindow(storage.sql)]) {
      expect(idsIn(each, 0)).toEqual(idsOf(3));
    }
  }));
