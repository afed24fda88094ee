/**
 * The identities of the last events, kept in storage: a publisher that repeats a request, also after
 * the hub was evicted or moved, delivers nothing twice. With each, what decided who saw it.
 */
import type { EventFacts } from '../event/facts.ts';
import { MAX_RECALLED_EVENTS, MAX_REMEMBERED_EVENTS } from '../limits.ts';
import type { Publication } from './publication.ts';

export class RememberedEvents {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS remembered_events (
         sequence INTEGER PRIMARY KEY,
         key TEXT NOT NULL UNIQUE,
         facts TEXT NOT NULL
       )`,
    );
  }

  knows({ key }: Publication): boolean {
    const rows = this.#storage.sql.exec('SELECT 1 FROM remembered_events WHERE key = ?', key);
    return rows.toArray().length > 0;
  }

  /** What is remembered of the last events with this id, whoever published them: the newest first. */
  recall(id: string): EventFacts[] {
    return this.#storage.sql
      .exec<{ facts: string }>(
        `SELECT facts FROM remembered_events
         WHERE substr(key, -length(?1)) = ?1 ORDER BY sequence DESC LIMIT ?2`,
        `\n${id}`,
        MAX_RECALLED_EVENTS,
      )
      .toArray()
      .map(({ facts }) => JSON.parse(facts) as EventFacts);
  }

  /** The place of the last event in the order of all; 0 before the first. */
  last(): number {
    const { sql } = this.#storage;
    const row = sql.exec<{ last: number | null }>(
      'SELECT MAX(sequence) AS last FROM remembered_events',
    );
    return row.one().last ?? 0;
  }

  /**
   * Remembers the events, all or none: an exception alone would leave those before it remembered, and
   * they would be duplicates when the request is repeated, though nobody ever heard them.
   *
   * @returns those that were new and those that were known, each in their order
   */
  remember(publications: readonly Publication[]): { fresh: Publication[]; known: Publication[] } {
    const { sql } = this.#storage;
    return this.#storage.transactionSync(() => {
      const fresh: Publication[] = [];
      const known: Publication[] = [];
      for (const publication of publications) {
        const { rowsWritten } = sql.exec(
          'INSERT OR IGNORE INTO remembered_events (key, facts) VALUES (?, ?)',
          publication.key,
          JSON.stringify(publication.facts),
        );
        (rowsWritten > 0 ? fresh : known).push(publication);
      }
      if (fresh.length > 0) {
        sql.exec(
          'DELETE FROM remembered_events WHERE sequence <= ?',
          this.last() - MAX_REMEMBERED_EVENTS,
        );
      }
      return { fresh, known };
    });
  }

  /**
   * Moves a known event to the end: by now, everybody who is here has heard it.
   *
   * @returns the place that it had
   */
  moveToEnd({ key }: Publication): number {
    const { sql } = this.#storage;
    const { sequence } = sql
      .exec<{ sequence: number }>('SELECT sequence FROM remembered_events WHERE key = ?', key)
      .one();
    sql.exec('UPDATE remembered_events SET sequence = ? WHERE key = ?', this.last() + 1, key);
    return sequence;
  }
}
