/** The namespaces below one Vault namespace, one level deep. */
import { MAX_CHILD_NAMESPACES } from '../limits.ts';

export interface Child {
  readonly name: string;
  /** Made anew with each namespace, also of the same name: what is deleted leaves nothing behind. */
  readonly id: string;
}

export class Children {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS namespaces (
         name TEXT PRIMARY KEY, id TEXT NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  get(name: string): Child | undefined {
    return this.#sql
      .exec<{ name: string; id: string }>('SELECT name, id FROM namespaces WHERE name = ?', name)
      .toArray()[0];
  }

  all(): Child[] {
    return this.#sql
      .exec<{ name: string; id: string }>('SELECT name, id FROM namespaces ORDER BY name')
      .toArray();
  }

  hasRoom(): boolean {
    return this.all().length < MAX_CHILD_NAMESPACES;
  }

  add({ name, id }: Child): void {
    this.#sql.exec('INSERT INTO namespaces (name, id) VALUES (?, ?)', name, id);
  }

  remove(name: string): void {
    this.#sql.exec('DELETE FROM namespaces WHERE name = ?', name);
  }
}
