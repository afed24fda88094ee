/**
 * The identities of the last events, kept in storage: a publisher that repeats a request, also after
 * the hub was evicted or moved, delivers nothing twice.
 */
import { MAX_REMEMBERED_EVENTS } from '../limits.ts';
import type { Publication } from './publication.ts';

export class RememberedEvents {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS remembered_events (
         sequence INTEGER PRIMARY KEY,
         key TEXT NOT NULL UNIQUE
       )`,
    );
  }

  knows({ key }: Publication): boolean {
    const rows = this.#storage.sql.exec('SELECT 1 FROM remembered_events WHERE key = ?', key);
    return rows.toArray().length > 0;
  }

  /**
   * Remembers the events, all or none: an exception alone would leave those before it remembered, and
   * they would be duplicates when the request is repeated, though nobody ever heard them.
   *
   * @returns those that were new, in their order
   */
  remember(publications: readonly Publication[]): Publication[] {
    const { sql } = this.#storage;
    return this.#storage.transactionSync(() => {
      const fresh = publications.filter(
        ({ key }) =>
          sql.exec('INSERT OR IGNORE INTO remembered_events (key) VALUES (?)', key).rowsWritten > 0,
      );
      if (fresh.length > 0) {
        sql.exec(
          `DELETE FROM remembered_events
           WHERE sequence <= (SELECT MAX(sequence) FROM remembered_events) - ?`,
          MAX_REMEMBERED_EVENTS,
        );
      }
      return fresh;
    });
  }
}
