/**
 * The identities of the last events, kept in storage: a publisher that repeats a request, also after
 * the hub was evicted or moved, delivers nothing twice.
 */
import { MAX_REMEMBERED_EVENTS } from '../limits.ts';
import type { Publication } from './publication.ts';

export class RememberedEvents {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS remembered_events (
         sequence INTEGER PRIMARY KEY,
         key TEXT NOT NULL UNIQUE
       )`,
    );
  }

  knows({ key }: Publication): boolean {
    return (
      this.#sql.exec('SELECT 1 FROM remembered_events WHERE key = ?', key).toArray().length > 0
    );
  }

  /** Remembers the events and returns those that were new, in their order. */
  remember(publications: readonly Publication[]): Publication[] {
    const fresh = publications.filter(
      ({ key }) =>
        this.#sql.exec('INSERT OR IGNORE INTO remembered_events (key) VALUES (?)', key)
          .rowsWritten > 0,
    );
    if (fresh.length > 0) {
      this.#sql.exec(
        `DELETE FROM remembered_events
         WHERE sequence <= (SELECT MAX(sequence) FROM remembered_events) - ?`,
        MAX_REMEMBERED_EVENTS,
      );
    }
    return fresh;
  }
}
