/** The namespaces below one Vault namespace, one level deep. */
import { MAX_CHILD_NAMESPACES } from '../../objects/limits.ts';

export interface Child {
  readonly name: string;
  /** Made anew with each namespace, also of the same name: what is deleted leaves nothing behind. */
  readonly id: string;
  /** What whoever made it noted with it. */
  readonly metadata: Readonly<Record<string, string>>;
}

type Row = { readonly name: string; readonly id: string; readonly metadata: string };

export class Children {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS namespaces (
         name TEXT PRIMARY KEY, id TEXT NOT NULL, metadata TEXT NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  get(name: string): Child | undefined {
    const [row] = this.#sql
      .exec<Row>('SELECT name, id, metadata FROM namespaces WHERE name = ?', name)
      .toArray();
    return row && childOf(row);
  }

  all(): Child[] {
    return this.#sql
      .exec<Row>('SELECT name, id, metadata FROM namespaces ORDER BY name')
      .toArray()
      .map(childOf);
  }

  hasRoom(): boolean {
    return this.all().length < MAX_CHILD_NAMESPACES;
  }

  put({ name, id, metadata }: Child): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO namespaces (name, id, metadata) VALUES (?, ?, ?)',
      name,
      id,
      JSON.stringify(metadata),
    );
  }

  remove(name: string): void {
    this.#sql.exec('DELETE FROM namespaces WHERE name = ?', name);
  }
}

function childOf(row: Row): Child {
  return { ...row, metadata: JSON.parse(row.metadata) as Child['metadata'] };
}
