/** The table that stores the records of a journal. */
import { MAX_RECALLED_EVENTS } from '../limits.ts';
import { type RecordInfo, type RecordPage, recordBytes, type StoredRecord } from './record.ts';

const RECORD = 'sequence, key, accepted_at AS acceptedAt, json';
const INFO = 'sequence, accepted_at AS acceptedAt, total_bytes AS totalBytes';

export class JournalTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * @returns false if there is a record with this key; that costs no row
   * @throws if there is a record with this sequence: only an equal key is a duplicate
   */
  insert(
    { sequence, acceptedAt, totalBytes }: RecordInfo,
    key: string,
    json: string | null,
  ): boolean {
    const { rowsWritten } = this.#sql.exec(
      `INSERT INTO journal (sequence, key, accepted_at, total_bytes, json) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (key) DO NOTHING`,
      sequence,
      key,
      acceptedAt,
      totalBytes,
      json,
    );
    return rowsWritten > 0;
  }

  /** The records between two sequences, in order: at most so many, and no more bytes if there are several. */
  read(after: number, through: number, maxRecords: number, maxBytes: number): RecordPage {
    const records: StoredRecord[] = [];
    let bytes = 0;
    let bytesBefore: number | undefined;
    const cursor = this.#sql.exec<StoredRecord & RecordInfo>(
      `SELECT ${RECORD}, total_bytes AS totalBytes FROM journal WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?`,
      after,
      through,
      maxRecords,
    );
    for (const { sequence, key, acceptedAt, json, totalBytes } of cursor) {
      bytesBefore ??= totalBytes - recordBytes(key, json);
      if (totalBytes - bytesBefore > maxBytes && records.length > 0) break;
      bytes = totalBytes - bytesBefore;
      records.push({ sequence, key, acceptedAt, json });
    }
    return { records, bytes };
  }

  /** A bounded number of records of events with this id. */
  withId(id: string, first: 'oldest first' | 'newest first'): StoredRecord[] {
    const order = first === 'oldest first' ? 'ASC' : 'DESC';
    return this.#sql
      .exec<StoredRecord>(
        `SELECT ${RECORD} FROM journal WHERE key >= ? AND key < ? ORDER BY sequence ${order} LIMIT ?`,
        `${id}\n`,
        `${id}\v`,
        MAX_RECALLED_EVENTS,
      )
      .toArray();
  }

  /** The record with this sequence, or the next one. */
  at(sequence: number): RecordInfo | undefined {
    const [record] = this.#sql
      .exec<RecordInfo>(
        `SELECT ${INFO} FROM journal WHERE sequence >= ? ORDER BY sequence LIMIT 1`,
        sequence,
      )
      .toArray();
    return record;
  }

  last(): RecordInfo | undefined {
    const [record] = this.#sql
      .exec<RecordInfo>(`SELECT ${INFO} FROM journal ORDER BY sequence DESC LIMIT 1`)
      .toArray();
    return record;
  }

  deleteThrough(sequence: number): void {
    this.#sql.exec('DELETE FROM journal WHERE sequence <= ?', sequence);
  }
}
