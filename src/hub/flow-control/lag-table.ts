/** Stores the positions of subscribers that lag behind the journal, so that the hub can sleep. */
import { scalar } from '../../objects/sql.ts';
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

  /** How many subscribers lag. */
  get size(): number {
    return scalar<number>(this.#sql, 'SELECT COUNT(*) FROM lagging_subscribers') ?? 0;
  }

  /** By the id of the subscriber. */
  all(): Map<string, StoredLag> {
    const rows = this.#sql.exec<{
      subscriber: string;
      position: number;
      out_of_credit: number;
      progress_at: number;
    }>('SELECT subscriber, position, out_of_credit, progress_at FROM lagging_subscribers');
    return new Map(
      rows
        .toArray()
        .map(({ subscriber, position, out_of_credit, progress_at }) => [
          subscriber,
          { position, outOfCredit: out_of_credit === 1, progressAt: progress_at },
        ]),
    );
  }

  put(id: string, { position, outOfCredit, progressAt }: StoredLag): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO lagging_subscribers (subscriber, position, out_of_credit, progress_at)
       VALUES (?, ?, ?, ?)`,
      id,
      position,
      Number(outOfCredit),
      progressAt,
    );
    this.#oldestProgress = undefined;
  }

  delete(id: string): void {
    this.#sql.exec('DELETE FROM lagging_subscribers WHERE subscriber = ?', id);
    this.#oldestProgress = undefined;
  }

  /** The subscribers that have made no progress for `ACK_TIMEOUT_MS`. */
  timedOut(now: number): string[] {
    return this.#sql
      .exec<{ subscriber: string }>(
        'SELECT subscriber FROM lagging_subscribers WHERE progress_at <= ?',
        now - ACK_TIMEOUT_MS,
      )
      .toArray()
      .map(({ subscriber }) => subscriber);
  }

  /** When the next subscriber times out. */
  nextTimeout(): number {
    this.#oldestProgress ??=
      this.#sql
        .exec<{ oldest: number | null }>(
          'SELECT MIN(progress_at) AS oldest FROM lagging_subscribers',
        )
        .one().oldest ?? Number.POSITIVE_INFINITY;
    return this.#oldestProgress + ACK_TIMEOUT_MS;
  }
}
