/** The namespaces directly below a Vault namespace. */

import type { ChildNamespace } from '../../objects/authority-contract.ts';
import { MAX_CHILD_NAMESPACES } from '../../objects/limits.ts';

type Row = { readonly name: string; readonly id: string; readonly metadata: string };

export class ChildStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(name: string): ChildNamespace | undefined {
    const [row] = this.#sql
      .exec<Row>('SELECT name, id, metadata FROM namespaces WHERE name = ?', name)
      .toArray();
    return row && childOf(row);
  }

  all(): ChildNamespace[] {
    return this.#sql
      .exec<Row>('SELECT name, id, metadata FROM namespaces ORDER BY name')
      .toArray()
      .map(childOf);
  }

  isFull(): boolean {
    return this.all().length >= MAX_CHILD_NAMESPACES;
  }

  put({ name, id, metadata }: ChildNamespace): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO namespaces (name, id, metadata) VALUES (?, ?, ?)',
      name,
      id,
      JSON.stringify(metadata),
    );
  }

  delete(name: string): void {
    this.#sql.exec('DELETE FROM namespaces WHERE name = ?', name);
  }
}

function childOf(row: Row): ChildNamespace {
  return { ...row, metadata: JSON.parse(row.metadata) as ChildNamespace['metadata'] };
}
