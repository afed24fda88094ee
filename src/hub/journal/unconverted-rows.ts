/**
 * The rows that a hub of release 0.2 or before has stored, one for each event. They are older than all segments. They are
 * read as if they were segments, and an alarm converts them, the newest first, until none is left.
 */
import { eventBatch } from '../../event/event-batch.ts';
import { factsOf } from '../../event/facts.ts';
import { logError } from '../../lib/log.ts';
import { decodeJson } from '../../wire/json.ts';
import { MAX_CONVERTED_CHARACTERS, MAX_CONVERTED_EVENTS, MAX_ROWS_READ } from '../limits.ts';
import { FINGERPRINT_WORDS, type WriteFingerprint } from './fingerprint.ts';
import type { NewRecords } from './record.ts';
import { recordBytes, Segment, type SegmentInfo } from './segment.ts';
import { SegmentBuilder } from './segment-builder.ts';
import type { Order, SegmentTail } from './segment-table.ts';

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
    const rows = this.#sql
      .exec<InfoRow>(
        `SELECT ${INFO} FROM journal WHERE sequence >= ? ORDER BY sequence LIMIT ?`,
        sequence,
        MAX_ROWS_READ,
      )
      .toArray();
    return infoOf(rows);
  }

  /** The same with their records. */
  from(sequence: number): Segment | undefined {
    const rows = this.#sql
      .exec<Row>(
        `SELECT ${INFO}, key, json FROM journal WHERE sequence >= ? ORDER BY sequence LIMIT ?`,
        sequence,
        MAX_ROWS_READ,
      )
      .toArray();
    const tail = tailOf(rows);
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
    this.#last = undefined;
  }

  /** Takes the newest rows away, as many as make a segment. @param maxCount of the segment */
  takeNewest(maxCount: number, write: WriteFingerprint): SegmentTail | undefined {
    const newest: Row[] = [];
    let characters = 0;
    const rows = this.#sql.exec<Row>(
      `SELECT ${INFO}, key, json FROM journal ORDER BY sequence DESC LIMIT ?`,
      Math.min(MAX_CONVERTED_EVENTS, maxCount),
    );
    for (const row of rows) {
      characters += row.key.length + (row.json?.length ?? 0);
      if (newest.length > 0 && characters > MAX_CONVERTED_CHARACTERS) break;
      newest.push(row);
    }
    const [first] = newest.reverse();
    if (first === undefined) return undefined;
    this.#sql.exec('DELETE FROM journal WHERE sequence >= ?', first.sequence);
    this.#last = undefined;
    return tailOf(newest, write);
  }

  /** A hub without such rows does not have the table either. */
  dropIfEmpty(): void {
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

/** A segment of rows; undefined if there are none. @param write if its fingerprints are needed */
function tailOf(rows: readonly Row[], write?: WriteFingerprint): SegmentTail | undefined {
  const info = infoOf(rows);
  if (info === undefined) return undefined;
  const records: NewRecords = {
    ...eventBatch(rows.map(({ key, json }) => ({ key, json: readableFrame(json) }))),
    acceptedAt: Float64Array.from(rows, ({ acceptedAt }) => acceptedAt),
  };
  const builder = new SegmentBuilder(info.first);
  const fingerprint = new Uint32Array(FINGERPRINT_WORDS);
  for (const [i, { acceptedAt }] of rows.entries()) {
    write?.(records.keys, records.ends[2 * i - 2] ?? 0, records.ends[2 * i] ?? 0, fingerprint, 0);
    builder.add(records, i, fingerprint, acceptedAt, recordBytes(records, i));
  }
  const { fingerprints, keys, frames } = builder;
  const index = builder.indexAfter(new Uint32Array(), info.firstAcceptedAt);
  return { info, fingerprints, index, keys, frames };
}

/** No frame if it cannot be read: rows have no checksum, by which that would be found later. */
function readableFrame(json: string | null): string {
  if (json === null) return '';
  try {
    factsOf(decodeJson(json));
    return json;
  } catch (error) {
    logError('an event of the journal cannot be read', error);
    return '';
  }
}
