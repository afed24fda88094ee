/** What a gathering hub remembers of each hub that feeds it: how far it has its journal. */
import type { Fed } from './history.ts';

export class Feeders {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS feeders (
         hub TEXT PRIMARY KEY,
         epoch TEXT NOT NULL,
         taken INTEGER NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  get(hub: string): Fed | undefined {
    return this.#sql
      .exec<{ epoch: string; taken: number }>('SELECT epoch, taken FROM feeders WHERE hub = ?', hub)
      .toArray()[0];
  }

  put(hub: string, { epoch, taken }: Fed): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO feeders (hub, epoch, taken) VALUES (?, ?, ?)',
      hub,
      epoch,
      taken,
    );
  }

  delete(hub: string): void {
    this.#sql.exec('DELETE FROM feeders WHERE hub = ?', hub);
  }
}
