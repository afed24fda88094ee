/** Stores how far subscribers are that lag behind the journal, so that the hub may sleep meanwhile. */
import { ACK_TIMEOUT_MS } from '../../wire/limits.ts';

export interface StoredLag {
  /** Everything up to this sequence was sent to the subscriber, or is not for it. */
  position: number;
  /** Whether it must acknowledge before it is sent more. */
  outOfCredit: boolean;
  /** When it last made progress. Unix milliseconds. */
  progressAt: number;
}

export class LagTable {
  readonly #sql: SqlStorage;
  /** Undefined until it was read. */
  #oldestProgress: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** By the id of the subscriber. */
  all(): Map<string, StoredLag> {
    const rows = this.#sql.exec<{
      reader: string;
      position: number;
      waiting: number;
      since: number;
    }>('SELECT reader, position, waiting, since FROM laggards');
    return new Map(
      rows
        .toArray()
        .map(({ reader, position, waiting, since }) => [
          reader,
          { position, outOfCredit: waiting === 1, progressAt: since },
        ]),
    );
  }

  put(id: string, { position, outOfCredit, progressAt }: StoredLag): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO laggards (reader, position, waiting, since) VALUES (?, ?, ?, ?)',
      id,
      position,
      Number(outOfCredit),
      progressAt,
    );
    this.#oldestProgress = undefined;
  }

  delete(id: string): void {
    this.#sql.exec('DELETE FROM laggards WHERE reader = ?', id);
    this.#oldestProgress = undefined;
  }

  /** The subscribers that have made no progress for `ACK_TIMEOUT_MS`. */
  timedOut(now: number): string[] {
    return this.#sql
      .exec<{ reader: string }>(
        'SELECT reader FROM laggards WHERE since <= ?',
        now - ACK_TIMEOUT_MS,
      )
      .toArray()
      .map(({ reader }) => reader);
  }

  /** When the next subscriber times out. */
  nextTimeout(): number {
    this.#oldestProgress ??=
      this.#sql.exec<{ oldest: number | null }>('SELECT MIN(since) AS oldest FROM laggards').one()
        .oldest ?? Number.POSITIVE_INFINITY;
    return this.#oldestProgress + ACK_TIMEOUT_MS;
  }
}
