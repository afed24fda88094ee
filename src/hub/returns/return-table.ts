/** The rows of subscriptions whose stock sockets may be followed by others. `docs/storage.md` says how long each stays. */

import { NO_CUTS, type ReturnRow } from './return-record.ts';

export class ReturnTable {
  readonly #sql: SqlStorage;
  /** Undefined until it was counted. */
  #size: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get size(): number {
    this.#size ??= this.countOf();
    return this.#size;
  }

  /** @param owner undefined for all */
  countOf(owner?: string): number {
    return this.#sql
      .exec<{ n: number }>(
        'SELECT COUNT(*) AS n FROM returns WHERE owner = ?1 OR ?1 IS NULL',
        owner ?? null,
      )
      .one().n;
  }

  get(key: string): ReturnRow | undefined {
    return this.#sql.exec<ReturnRow>('SELECT * FROM returns WHERE key = ?', key).toArray()[0];
  }

  /** @param isNew whether there is none yet */
  set(key: string, row: ReturnRow, dueAt: number, isNew: boolean): void {
    if (isNew && this.#size !== undefined) this.#size++;
    const { owner, floor, sockets, lost, lost_at, cuts, shards } = row;
    this.#sql.exec(
      'INSERT OR REPLACE INTO returns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[key, owner, floor, sockets, lost, lost_at, cuts, dueAt, shards],
    );
  }

  /** Deletes one that there is. */
  delete(key: string): void {
    this.#sql.exec('DELETE FROM returns WHERE key = ?', key);
    if (this.#size !== undefined) this.#size--;
  }

  /** The keys of the rows to look at until a time. */
  dueUntil(time: number): string[] {
    return this.#sql
      .exec<{ key: string }>('SELECT key FROM returns WHERE due_at <= ?', time)
      .toArray()
      .map(({ key }) => key);
  }

  rebase(through: number): void {
    this.#sql.exec('UPDATE returns SET floor = MIN(floor, ?), cuts = ?', through, NO_CUTS);
  }

  /** Whether there are rows without sockets here. */
  get hasWithoutSockets(): boolean {
    const found = this.#sql.exec('SELECT 1 FROM returns WHERE sockets = 0 LIMIT 1');
    return found.toArray().length > 0;
  }

  /** The keys of the rows that have sockets here. */
  withSockets(): string[] {
    return this.#sql
      .exec<{ key: string }>('SELECT key FROM returns WHERE sockets > 0')
      .toArray()
      .map(({ key }) => key);
  }

  /** When the next row is to be looked at; Infinity if there is none. */
  get nextDue(): number {
    const { next } = this.#sql
      .exec<{ next: number | null }>('SELECT MIN(due_at) AS next FROM returns')
      .one();
    return next ?? Number.POSITIVE_INFINITY;
  }
}
