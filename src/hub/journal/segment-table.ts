/** The table that stores the segments of a journal. The large columns come last, so that others are read without them. */
import { logError } from '../../lib/log.ts';
import { FINGERPRINT_WORDS } from './fingerprint.ts';
import type { SegmentFingerprints } from './fingerprint-window.ts';
import { lastOf, type Order, Segment, type SegmentInfo } from './segment.ts';
import { INDEX, INDEX_WORDS, isSound } from './segment-index.ts';
import { checksumOfInfo, noteIn, noteWithChecksum, restoredInfo } from './segment-repair.ts';

const INFO =
  'first, count, first_accepted_at AS firstAcceptedAt, last_accepted_at AS lastAcceptedAt, total_bytes AS totalBytes, checksum';

type InfoRow = { [Key in keyof SegmentInfo]: number } & { readonly checksum: number };

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
  readonly #bytesBefore: () => number;
  #hasReportedFingerprints = false;

  /** @param bytesBefore the bytes of all records before the first segment */
  constructor(sql: SqlStorage, bytesBefore: () => number) {
    this.#sql = sql;
    this.#bytesBefore = bytesBefore;
  }

  /** @throws if another writer has appended meanwhile; `before` is the last segment as far as this one knows */
  insert(
    { info, fingerprints, index, keys, frames, note }: SegmentWrite,
    before: SegmentInfo,
  ): void {
    const { first, count, firstAcceptedAt, lastAcceptedAt, totalBytes } = info;
    const { rowsWritten } = this.#sql.exec(
      `INSERT INTO segments
         (first, count, first_accepted_at, last_accepted_at, total_bytes, checksum, fingerprints, record_index, note, keys, frames)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM segments WHERE first > ? OR (first = ? AND count <> ?))`,
      first,
      count,
      firstAcceptedAt,
      lastAcceptedAt,
      totalBytes,
      checksumOfInfo(info),
      bytesOf(fingerprints),
      bytesOf(index),
      noteWithChecksum(note ?? ''),
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
      `UPDATE segments SET count = ?, last_accepted_at = ?, total_bytes = ?, checksum = ?, fingerprints = ?,
         record_index = ?, note = COALESCE(?, note), keys = keys || ?, frames = frames || ?
       WHERE first = ? AND count = ? AND NOT EXISTS (SELECT 1 FROM segments WHERE first > ?)`,
      info.count,
      info.lastAcceptedAt,
      info.totalBytes,
      checksumOfInfo(info),
      bytesOf(fingerprints),
      bytesOf(index),
      note === undefined ? null : noteWithChecksum(note),
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
    const { records, keys, frames } = row;
    return new Segment(this.#checked(row), wordsOf(records), textOf(keys), textOf(frames));
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
    const { records, keys } = row;
    const info = this.#checked(row);
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
      if (!isWhole && !this.#hasReportedFingerprints) {
        this.#hasReportedFingerprints = true;
        logError(
          `duplicates of the events from ${first} on are not recognised, and maybe of others: their fingerprints in the journal are damaged`,
        );
      }
      yield { first, fingerprints: isWhole ? words : new Uint32Array() };
    }
  }

  noteOf(first: number): string {
    const [row] = this.#sql
      .exec<{ note: SqlStorageValue }>('SELECT note FROM segments WHERE first = ?', first)
      .toArray();
    return noteIn(row?.note ?? '');
  }

  setNote(first: number, note: string): void {
    this.#sql.exec('UPDATE segments SET note = ? WHERE first = ?', noteWithChecksum(note), first);
  }

  /** Deletes the segments that begin before a sequence. */
  deleteBefore(sequence: number): void {
    this.#sql.exec('DELETE FROM segments WHERE first < ?', sequence);
  }

  #info(query: string, ...bindings: number[]): SegmentInfo | undefined {
    const [row] = this.#sql.exec<InfoRow>(query, ...bindings).toArray();
    return row && this.#checked(row);
  }

  /** What is damaged of the numbers of a segment is computed again from its records and from the segments beside it. */
  #checked(row: InfoRow): SegmentInfo {
    const { first, count, firstAcceptedAt, lastAcceptedAt, totalBytes, checksum } = row;
    const info = { first, count, firstAcceptedAt, lastAcceptedAt, totalBytes };
    return checksumOfInfo(info) === checksum ? info : this.#repair(info);
  }

  #repair(info: SegmentInfo): SegmentInfo {
    const { first } = info;
    const before = this.#soundBefore(first);
    const [after] = this.#sql
      .exec<{ first: number }>(
        'SELECT first FROM segments WHERE first > ? ORDER BY first LIMIT 1',
        first,
      )
      .toArray();
    const { bytes } = this.#sql
      .exec<{ bytes: number }>(
        `SELECT SUM(OCTET_LENGTH(keys) + OCTET_LENGTH(frames)) AS bytes
           FROM segments WHERE first > ? AND first <= ?`,
        before?.first ?? 0,
        first,
      )
      .one();
    const [columns] = this.#sql
      .exec<{ records: ArrayBuffer | null; fingerprints: ArrayBuffer | null }>(
        'SELECT record_index AS records, fingerprints FROM segments WHERE first = ?',
        first,
      )
      .toArray();
    const repaired = restoredInfo(info, {
      index: wordsOf(columns?.records),
      fingerprints: wordsOf(columns?.fingerprints),
      totalBytes: (before?.totalBytes ?? this.#bytesBefore()) + bytes,
      next: after?.first,
    });
    logError(
      `in the journal, numbers of the events from ${first} on were damaged and are repaired`,
    );
    try {
      this.#replace(repaired);
    } catch {
      // The disk may be full. The segment is repaired again when it is read next.
    }
    return repaired;
  }

  #soundBefore(sequence: number): SegmentInfo | undefined {
    const rows = this.#sql.exec<InfoRow>(
      `SELECT ${INFO} FROM segments WHERE first < ? ORDER BY first DESC`,
      sequence,
    );
    for (const row of rows) if (checksumOfInfo(row) === row.checksum) return row;
    return undefined;
  }

  #replace(info: SegmentInfo): void {
    this.#sql.exec(
      'UPDATE segments SET count = ?, total_bytes = ?, checksum = ? WHERE first = ?',
      info.count,
      info.totalBytes,
      checksumOfInfo(info),
      info.first,
    );
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
