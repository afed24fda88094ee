/**
 * The rows that a hub of release 0.2 or before has stored, one for each event. They are older than all segments. They are
 * read as if they were segments, and an alarm converts them, the newest first, until none is left.
 */
import { eventBatch } from '../../event/event-batch.ts';
import { factsOf } from '../../event/facts.ts';
import { logError } from '../../lib/log.ts';
import { decodeJson } from '../../wire/json.ts';
import { MAX_CONVERTED_BYTES, MAX_CONVERTED_EVENTS, MAX_ROWS_READ } from '../limits.ts';
import { FINGERPRINT_WORDS, type WriteFingerprint } from './fingerprint.ts';
import type { NewRecords } from './record.ts';
import {
  type Order,
  recordBytes,
  Segment,
  type SegmentInfo,
  type SegmentLimits,
} from './segment.ts';
import { SegmentBuilder } from './segment-builder.ts';
import { MAX_DELAY_MS } from './segment-index.ts';
import type { SegmentWrite } from './segment-table.ts';

type InfoRow = {
  readonly sequence: number;
  readonly acceptedAt: number;
  readonly totalBytes: number;
};

type Row = InfoRow & { readonly key: string; readonly json: string | null };

const INFO = 'sequence, accepted_at AS acceptedAt, total_bytes AS totalBytes';

export class UnconvertedRows {
  readonly #sql: SqlStorage;
  #last: number | undefined;
  /** Reported once. */
  #isDamaged = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The last sequence; 0 if there is no row. */
  get last(): number {
    this.#last ??= this.#findLast();
    return this.#last;
  }

  /** To be called if a change was rolled back. */
  forget(): void {
    this.#last = undefined;
  }

  /** Some rows from a sequence on, as a segment. */
  at(sequence: number): SegmentInfo | undefined {
    return infoOf(this.#following<InfoRow>(INFO, sequence));
  }

  /** The same with their records. */
  from(sequence: number): Segment | undefined {
    const tail = this.#tailOf(this.#following<Row>(`${INFO}, key, json`, sequence));
    return tail && new Segment(tail.info, tail.index, tail.keys, tail.frames);
  }

  has(key: string): boolean {
    return this.#sql.exec('SELECT 1 FROM journal WHERE key = ?', key).toArray().length > 0;
  }

  /** The sequences of the events with this id, in order. */
  withId(id: string, order: Order, limit: number): number[] {
    const direction = order === 'oldest first' ? 'ASC' : 'DESC';
    return this.#sql
      .exec<{ sequence: number }>(
        `SELECT sequence FROM journal WHERE key >= ? AND key < ? ORDER BY sequence ${direction} LIMIT ?`,
        `${id}\n`,
        `${id}\v`,
        limit,
      )
      .toArray()
      .map(({ sequence }) => sequence);
  }

  deleteThrough(sequence: number): void {
    this.#sql.exec('DELETE FROM journal WHERE sequence <= ?', sequence);
    this.#deleted();
  }

  /** Takes the newest rows away, as many as make a segment. */
  takeNewest(
    { maxCount, maxBytes, maxDelayMs }: SegmentLimits,
    write: WriteFingerprint,
  ): SegmentWrite | undefined {
    const newest = this.#sql
      .exec<InfoRow & { readonly bytes: number }>(
        `SELECT ${INFO}, OCTET_LENGTH(key) + OCTET_LENGTH(COALESCE(json, '')) AS bytes
           FROM journal ORDER BY sequence DESC LIMIT ?`,
        Math.min(MAX_CONVERTED_EVENTS, maxCount),
      )
      .toArray();
    const [last] = newest;
    if (last === undefined) return undefined;
    let first = last;
    let room = Math.min(MAX_CONVERTED_BYTES, maxBytes);
    for (const row of newest) {
      room -= row.bytes;
      const fits =
        room >= 0 &&
        last.acceptedAt - row.acceptedAt <= maxDelayMs &&
        row.sequence >= first.sequence - 1;
      if (!fits && row !== last) break;
      first = row;
    }
    const rows = this.#sql
      .exec<Row>(
        `SELECT ${INFO}, key, json FROM journal WHERE sequence >= ? ORDER BY sequence`,
        first.sequence,
      )
      .toArray();
    this.#sql.exec('DELETE FROM journal WHERE sequence >= ?', first.sequence);
    this.#deleted();
    return this.#tailOf(rows, write);
  }

  /** Rows from a sequence on that can be read as a segment: without a hole, and near enough in time. */
  #following<R extends InfoRow>(columns: string, sequence: number): R[] {
    const rows = this.#sql
      .exec<R>(
        `SELECT ${columns} FROM journal WHERE sequence >= ? ORDER BY sequence LIMIT ?`,
        sequence,
        MAX_ROWS_READ,
      )
      .toArray();
    const [first] = rows;
    const end = rows.findIndex(
      (row, i) =>
        row.sequence !== (first?.sequence ?? 0) + i ||
        row.acceptedAt - (first?.acceptedAt ?? 0) > MAX_DELAY_MS,
    );
    return end < 0 ? rows : rows.slice(0, end);
  }

  /** A hub without such rows does not have the table either. */
  #deleted(): void {
    this.#last = undefined;
    if (this.last === 0) this.#sql.exec('DROP TABLE IF EXISTS journal');
  }

  #findLast(): number {
    const hasTable = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'journal'";
    if (this.#sql.exec(hasTable).toArray().length === 0) return 0;
    return (
      this.#sql.exec<{ last: number | null }>('SELECT MAX(sequence) AS last FROM journal').one()
        .last ?? 0
    );
  }

  /** A segment of rows; undefined if there are none. @param write if its fingerprints are needed */
  #tailOf(rows: readonly Row[], write?: WriteFingerprint): SegmentWrite | undefined {
    const info = infoOf(rows);
    if (info === undefined) return undefined;
    const records: NewRecords = {
      ...eventBatch(rows.map(({ key, json }) => ({ key, json: this.#readableFrame(json) }))),
      acceptedAt: Float64Array.from(rows, ({ acceptedAt }) => acceptedAt),
    };
    const builder = new SegmentBuilder(info.first);
    const fingerprint = new Uint32Array(FINGERPRINT_WORDS);
    for (const [i, { acceptedAt }] of rows.entries()) {
      write?.(records.keys, records.ends[2 * i - 2] ?? 0, records.ends[2 * i] ?? 0, fingerprint, 0);
      const inOrder = Math.max(acceptedAt, builder.lastAcceptedAt);
      builder.add(records, i, fingerprint, inOrder, recordBytes(records, i));
    }
    const { fingerprints, keys, frames } = builder;
    const index = builder.indexAfter(new Uint32Array(), info.firstAcceptedAt);
    return { info, fingerprints, index, keys, frames };
  }

  /** No frame if it cannot be read: rows have no checksum, by which that would be found later. */
  #readableFrame(json: string | null): string {
    if (json === null) return '';
    try {
      factsOf(decodeJson(json));
      return json;
    } catch (error) {
      if (!this.#isDamaged) logError('an event of the journal cannot be read', error);
      this.#isDamaged = true;
      return '';
    }
  }
}

function infoOf(rows: readonly InfoRow[]): SegmentInfo | undefined {
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return {
    first: first.sequence,
    count: rows.length,
    firstAcceptedAt: first.acceptedAt,
    lastAcceptedAt: last.acceptedAt,
    totalBytes: last.totalBytes,
  };
}
