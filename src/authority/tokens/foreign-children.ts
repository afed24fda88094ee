/**
 * In which namespaces below a token of this namespace has made tokens. The tokens themselves are stored there, and are
 * revoked there when their parent is revoked here.
 */
export class ForeignChildren {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param namespace its key */
  add(parent: number, namespace: string): void {
    this.#sql.exec(
      `INSERT INTO foreign_children (parent, namespace) VALUES (?, ?)
       ON CONFLICT (parent, namespace) DO NOTHING`,
      parent,
      namespace,
    );
  }

  /** Removes a token. @returns the keys of the namespaces in which it has made tokens */
  remove(parent: number): string[] {
    return this.#sql
      .exec<{ namespace: string }>(
        'DELETE FROM foreign_children WHERE parent = ? RETURNING namespace',
        parent,
      )
      .toArray()
      .map(({ namespace }) => namespace);
  }
}
