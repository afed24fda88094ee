/** The table that stores the segments of a journal. The large columns come last, so that others are read without them. */
import { logError } from '../../lib/log.ts';
import { FINGERPRINT_WORDS } from './fingerprint.ts';
import type { SegmentFingerprints } from './fingerprint-window.ts';
import { lastOf, type Order, Segment, type SegmentInfo } from './segment.ts';
import { INDEX, INDEX_WORDS, isSound } from './segment-index.ts';

const INFO =
  'first, count, first_accepted_at AS firstAcceptedAt, last_accepted_at AS lastAcceptedAt, total_bytes AS totalBytes';

type InfoRow = { [Key in keyof SegmentInfo]: number };

type SegmentRow = InfoRow & {
  readonly records: ArrayBuffer | null;
  readonly keys: string | null;
  readonly frames: string | null;
};

/** The records that are written to the end of a segment. */
export interface SegmentWrite {
  /** Of the segment with these records. */
  readonly info: SegmentInfo;
  /** Of the whole segment. */
  readonly fingerprints: Uint32Array;
  readonly index: Uint32Array;
  /** Of these records. */
  readonly keys: string;
  readonly frames: string;
  /** Replaces the note of the segment, unless it is undefined. */
  readonly note?: string | undefined;
}

export class SegmentTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @throws if another writer has appended meanwhile; `before` is the last segment as far as this one knows */
  insert(
    { info, fingerprints, index, keys, frames, note = '' }: SegmentWrite,
    before: SegmentInfo,
  ): void {
    const { first, count, firstAcceptedAt, lastAcceptedAt, totalBytes } = info;
    const { rowsWritten } = this.#sql.exec(
      `INSERT INTO segments
         (first, count, first_accepted_at, last_accepted_at, total_bytes, fingerprints, record_index, note, keys, frames)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM segments WHERE first > ? OR (first = ? AND count <> ?))`,
      first,
      count,
      firstAcceptedAt,
      lastAcceptedAt,
      totalBytes,
      bytesOf(fingerprints),
      bytesOf(index),
      note,
      keys,
      frames,
      before.first,
      before.first,
      before.count,
    );
    if (rowsWritten === 0) throw new Error(`another writer has appended event ${first}`);
  }

  /** Inserts a segment whose records are older than all others. */
  insertBefore(tail: SegmentWrite): void {
    this.insert(tail, { ...tail.info, first: Number.MAX_SAFE_INTEGER });
  }

  /** Appends to the last segment. @throws if another writer has done so meanwhile */
  extend(
    { info, fingerprints, index, keys, frames, note }: SegmentWrite,
    before: SegmentInfo,
  ): void {
    const { rowsWritten } = this.#sql.exec(
      `UPDATE segments SET count = ?, last_accepted_at = ?, total_bytes = ?, fingerprints = ?, record_index = ?,
         note = COALESCE(?, note), keys = keys || ?, frames = frames || ?
       WHERE first = ? AND count = ? AND NOT EXISTS (SELECT 1 FROM segments WHERE first > ?)`,
      info.count,
      info.lastAcceptedAt,
      info.totalBytes,
      bytesOf(fingerprints),
      bytesOf(index),
      note ?? null,
      keys,
      frames,
      before.first,
      before.count,
      before.first,
    );
    if (rowsWritten === 0) {
      throw new Error(`another writer has appended event ${before.first + before.count}`);
    }
  }

  /** The segment with this sequence, or the next one. */
  at(sequence: number): SegmentInfo | undefined {
    const segment = this.#info(
      `SELECT ${INFO} FROM segments WHERE first <= ? ORDER BY first DESC LIMIT 1`,
      sequence,
    );
    return segment !== undefined && lastOf(segment) >= sequence
      ? segment
      : this.#info(`SELECT ${INFO} FROM segments WHERE first > ? ORDER BY first LIMIT 1`, sequence);
  }

  last(): SegmentInfo | undefined {
    return this.#info(`SELECT ${INFO} FROM segments ORDER BY first DESC LIMIT 1`);
  }

  load(first: number): Segment | undefined {
    const [row] = this.#sql
      .exec<SegmentRow>(
        `SELECT ${INFO}, record_index AS records, keys, frames FROM segments WHERE first = ?`,
        first,
      )
      .toArray();
    if (row === undefined) return undefined;
    const { records, keys, frames, ...info } = row;
    const index = wordsOf(records);
    const count = index.length === INDEX_WORDS * info.count ? info.count : this.#roomOf(info);
    return new Segment({ ...info, count }, index, textOf(keys), textOf(frames));
  }

  /** The records that a segment can have of which the number is damaged: those before the next segment. */
  #roomOf({ first, count }: SegmentInfo): number {
    const next = this.#info(
      `SELECT ${INFO} FROM segments WHERE first > ? ORDER BY first LIMIT 1`,
      first,
    );
    return Math.min(count, (next?.first ?? Number.POSITIVE_INFINITY) - first);
  }

  /** The segment with this sequence, without its frames. */
  loadKeysAt(sequence: number): Segment | undefined {
    const [row] = this.#sql
      .exec<SegmentRow>(
        `SELECT ${INFO}, record_index AS records, keys FROM segments WHERE first <= ? ORDER BY first DESC LIMIT 1`,
        sequence,
      )
      .toArray();
    if (row === undefined) return undefined;
    const { records, keys, ...info } = row;
    return lastOf(info) < sequence
      ? undefined
      : new Segment(info, wordsOf(records), textOf(keys), '');
  }

  /** The fingerprints and the index of a segment; undefined if they do not fit its records: nothing is appended to it then. */
  columnsOf({
    first,
    count,
  }: SegmentInfo): { fingerprints: Uint32Array; index: Uint32Array } | undefined {
    const [row] = this.#sql
      .exec<{ fingerprints: ArrayBuffer | null; records: ArrayBuffer | null; bytes: number }>(
        `SELECT fingerprints, record_index AS records, OCTET_LENGTH(keys) + OCTET_LENGTH(frames) AS bytes
           FROM segments WHERE first = ?`,
        first,
      )
      .toArray();
    const fingerprints = wordsOf(row?.fingerprints);
    const index = wordsOf(row?.records);
    const isWhole =
      fingerprints.length === count * FINGERPRINT_WORDS &&
      isSound(index, count, 0, 0) &&
      index[index.length - INDEX_WORDS + INDEX.bytesEnd] === row?.bytes;
    return isWhole ? { fingerprints, index } : undefined;
  }

  /** The fingerprints of the segments from one on, oldest first. */
  fingerprintsFrom(first: number): Generator<SegmentFingerprints> {
    return this.#fingerprints('first >= ? ORDER BY first', first);
  }

  /** The fingerprints of the segments before one. */
  fingerprintsBefore(first: number, order: Order): Generator<SegmentFingerprints> {
    const direction = order === 'oldest first' ? 'ASC' : 'DESC';
    return this.#fingerprints(`first < ? ORDER BY first ${direction}`, first);
  }

  *#fingerprints(which: string, binding: number): Generator<SegmentFingerprints> {
    const rows = this.#sql.exec<{ first: number; count: number; fingerprints: ArrayBuffer | null }>(
      `SELECT first, count, fingerprints FROM segments WHERE ${which}`,
      binding,
    );
    for (const { first, count, fingerprints } of rows) {
      const words = wordsOf(fingerprints);
      const isWhole = words.length === count * FINGERPRINT_WORDS;
      if (!isWhole) {
        logError(`duplicates of the events from ${first} on are not recognised: they are damaged`);
      }
      yield { first, fingerprints: isWhole ? words : new Uint32Array() };
    }
  }

  noteOf(first: number): string {
    const [row] = this.#sql
      .exec<{ note: string }>('SELECT note FROM segments WHERE first = ?', first)
      .toArray();
    return row?.note ?? '';
  }

  setNote(first: number, note: string): void {
    this.#sql.exec('UPDATE segments SET note = ? WHERE first = ?', note, first);
  }

  /** Deletes the segments that begin before a sequence. */
  deleteBefore(sequence: number): void {
    this.#sql.exec('DELETE FROM segments WHERE first < ?', sequence);
  }

  #info(query: string, ...bindings: number[]): SegmentInfo | undefined {
    return this.#sql.exec<InfoRow>(query, ...bindings).toArray()[0];
  }
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Nothing if the column is damaged: its records are read as gaps then. */
function wordsOf(column: unknown): Uint32Array {
  const isWhole = column instanceof ArrayBuffer && column.byteLength % 4 === 0;
  return isWhole ? new Uint32Array(column) : new Uint32Array();
}

function textOf(column: unknown): string {
  return typeof column === 'string' ? column : '';
}
