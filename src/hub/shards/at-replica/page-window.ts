/**
 * The newest pages of the journal that a region head has stored: what its shards and subscribers lack is mostly there, and the
 * position of the head. The rows are a ring: the oldest is overwritten. A page costs one row, as small pages are appended to
 * the newest.
 */

import { Buffer } from 'node:buffer';
import type { EventBatch } from '../../../event/event-batch.ts';
import { logError } from '../../../lib/log.ts';
import { checkSlices } from '../../../objects/feed-slice.ts';
import type { FeedPosition, FeedSlice } from '../../../objects/hub-contract.ts';
import type { JournalFacts, ReplicaPage } from '../../../objects/replica-contract.ts';
import { covers, type Interest } from '../../../subscription/interest.ts';
import { nextCacheNumber, readCache } from '../../journal/read-cache.ts';
import { MAX_SEGMENT_BYTES, MAX_WINDOW_PAGES, OPEN_SEGMENT_BYTES } from '../../limits.ts';
import { CachedPage, type JournalRange } from './cached-page.ts';
import { newPartOf } from './new-part.ts';
import { joined, type PageRecords, separated } from './page-records.ts';

export function createWindow(sql: SqlStorage): void {
  sql.exec(
    `-- The newest pages of the journal that the region head wants.
     CREATE TABLE pages (
       slot INTEGER PRIMARY KEY, -- the oldest is overwritten
       after_sequence INTEGER NOT NULL, -- the sequence that the page follows
       through INTEGER NOT NULL, -- its last sequence
       state TEXT NOT NULL, -- what the head knew of the journal and of its interest, as JSON
       runs BLOB NOT NULL, -- of the records that follow each other, the first sequence and the number
       accepted_at BLOB NOT NULL,
       ends BLOB NOT NULL, -- for each record where its texts end
       keys TEXT NOT NULL,
       frames TEXT NOT NULL
     );`,
  );
}

/** What is known of the newest page, and holds for all. */
export interface StoredState {
  readonly facts: JournalFacts;
  /** Of the interest that the page follows. */
  readonly version: number;
  readonly interest: Interest;
  /** After this sequence, there is all that the interest covers. */
  readonly completeAfter: number;
}

/** Where a page is. */
interface Row {
  readonly slot: number;
  readonly after: number;
  readonly through: number;
}

/** A row to which small pages are appended. */
interface OpenRow extends Row {
  /** Of its texts, in UTF-8. */
  readonly bytes: number;
  readonly slices: readonly FeedSlice[];
}

type StoredRecords = {
  readonly runs: ArrayBuffer;
  readonly accepted_at: ArrayBuffer;
  readonly ends: ArrayBuffer;
  readonly keys: string;
  readonly frames: string;
};

export class PageWindow {
  readonly #sql: SqlStorage;
  /** Tells its pages from those of others. */
  #number = nextCacheNumber();
  /** The oldest first. They follow each other. */
  readonly #rows: Row[];
  /** The newest, if it was written since the head woke and has room. */
  #open: OpenRow | undefined;
  #stored: (StoredState & { readonly through: number }) | undefined;
  /** Where the next row goes. */
  #slot = 0;
  /** After the newest, nothing up to this sequence is wanted. */
  #through: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#rows = rowsIn(sql);
    const newest = this.#rows.at(-1);
    if (newest === undefined) return;
    const { through, slot } = newest;
    const { state } = sql
      .exec<{ state: string }>('SELECT state FROM pages WHERE slot = ?', slot)
      .one();
    this.#stored = { ...(JSON.parse(state) as StoredState), through };
    this.#through = through;
    this.#slot = (slot + 1) % MAX_WINDOW_PAGES;
  }

  /** Undefined if there is no page. */
  get stored(): (StoredState & { readonly through: number }) | undefined {
    return this.#stored;
  }

  get position(): FeedPosition | undefined {
    const stored = this.#stored;
    return stored && { epoch: stored.facts.epoch, taken: stored.through };
  }

  /** The page with what follows a sequence. */
  at(sequence: number): CachedPage | undefined {
    const row = this.#rows.findLast(({ after }) => after <= sequence);
    if (row === undefined || row.through <= sequence) return undefined;
    const key = `${this.#number} window ${row.after} ${row.through}`;
    const cached = readCache.get(key);
    if (cached instanceof CachedPage) return cached;
    const page = this.#load(row);
    if (page !== undefined) readCache.set(key, page);
    return page;
  }

  /**
   * Stores what is new in a page, in one row. A page that has nothing costs none, unless more is wanted than before: else the
   * head would be fed again what came before that, when it has slept.
   *
   * @param interest what the page follows; empty if that is unknown
   */
  append(page: ReplicaPage, completeAfter: number, interest: Interest): void {
    const { journal: facts, version, after } = page;
    if (this.#stored !== undefined && facts.epoch !== this.#stored.facts.epoch) this.forget();
    // What is before a hole cannot be read from there on.
    if (this.#through !== undefined && after > this.#through) this.#dropRows();
    const taken = this.#through ?? after;
    const through = Math.max(page.through, taken);
    const known = this.#stored?.interest ?? [];
    const isMore = !interest.every((wanted) => covers(known, wanted));
    if (through === taken && !isMore) return;
    const part = { ...newPartOf(page, taken), through };
    if (part.slices.length > 0 || isMore) {
      const state: StoredState = {
        facts,
        version,
        interest,
        completeAfter: interest.length > 0 ? completeAfter : through,
      };
      this.#write(part, JSON.stringify(state));
      this.#stored = { ...state, through };
    }
    this.#through = through;
  }

  /** Deletes everything. */
  forget(): void {
    if (this.#stored !== undefined) this.#sql.exec('DELETE FROM pages');
    this.#dropRows();
    this.#stored = undefined;
    this.#through = undefined;
  }

  #dropRows(): void {
    this.#rows.length = 0;
    this.#open = undefined;
    this.#through = undefined;
    this.#number = nextCacheNumber();
  }

  #write({ through, slices, ...part }: JournalRange, state: string): void {
    const newest = this.#rows.at(-1);
    const bytes = slices.reduce((sum, { records }) => sum + bytesOf(records), 0);
    const open = this.#open;
    // If it fails, what is stored is not certain.
    this.#open = undefined;
    if (open !== undefined && open.bytes + bytes <= MAX_SEGMENT_BYTES) {
      const records = joined([...open.slices, ...slices]);
      const added = joined(slices);
      this.#sql.exec(
        `UPDATE pages SET through = ?, state = ?, runs = ?, accepted_at = ?, ends = ?, keys = keys || ?, frames = frames || ?
         WHERE slot = ?`,
        through,
        state,
        ...columnsOf(records),
        added.keys,
        added.frames,
        open.slot,
      );
      this.#rows.pop();
      const { slot, after } = open;
      this.#add({ slot, after, through }, open.bytes + bytes, [...open.slices, ...slices]);
      return;
    }
    const row = {
      slot: this.#slot,
      after: newest?.through ?? part.after,
      through,
    };
    const records = joined(slices);
    this.#sql.exec(
      'INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      row.slot,
      row.after,
      through,
      state,
      ...columnsOf(records),
      records.keys,
      records.frames,
    );
    if (this.#rows[0]?.slot === row.slot) this.#rows.shift();
    this.#add(row, bytes, slices);
  }

  #add(row: Row, bytes: number, slices: readonly FeedSlice[]): void {
    this.#rows.push(row);
    this.#slot = (row.slot + 1) % MAX_WINDOW_PAGES;
    if (bytes < OPEN_SEGMENT_BYTES) this.#open = { ...row, bytes, slices };
  }

  /** Undefined if it is damaged: then the parent has it. */
  #load({ slot, after, through }: Row): CachedPage | undefined {
    try {
      const { runs, accepted_at, ends, ...texts } = this.#sql
        .exec<StoredRecords>(
          'SELECT runs, accepted_at, ends, keys, frames FROM pages WHERE slot = ?',
          slot,
        )
        .one();
      const slices = separated({
        runs: new Float64Array(runs),
        acceptedAt: new Float64Array(accepted_at),
        ends: new Uint32Array(ends),
        ...texts,
      });
      const range = { after, through, slices };
      checkSlices(range);
      return new CachedPage(range);
    } catch (error) {
      logError(`the stored page after ${after} cannot be read`, error);
      return undefined;
    }
  }
}

/** The rows up to the newest that follow each other. */
function rowsIn(sql: SqlStorage): Row[] {
  const rows: Row[] = [];
  const stored = sql.exec<{ slot: number; after: number; through: number }>(
    'SELECT slot, after_sequence AS after, through FROM pages ORDER BY through DESC',
  );
  for (const row of stored) {
    if (rows.length > 0 && rows[0]?.after !== row.through) break;
    rows.unshift(row);
  }
  return rows;
}

function columnsOf({ runs, acceptedAt, ends }: PageRecords): Uint8Array[] {
  return [runs, acceptedAt, ends].map((each) => new Uint8Array(each.buffer));
}

function bytesOf({ keys, frames }: EventBatch): number {
  return Buffer.byteLength(keys) + Buffer.byteLength(frames);
}
