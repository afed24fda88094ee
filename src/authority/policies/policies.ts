/** The policies of one Vault namespace, as they were written. */

import { DEFAULT_POLICY } from '../../policy/default-policy.ts';
import type { PolicyText } from '../../policy/policy-set.ts';
import { MAX_POLICIES } from '../limits.ts';

export class Policies {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    if (this.get('default') === undefined) this.put('default', DEFAULT_POLICY);
  }

  get(name: string): PolicyText | undefined {
    return this.#sql
      .exec<{ name: string; version: number; text: string }>(
        'SELECT name, version, text FROM policies WHERE name = ?',
        name,
      )
      .toArray()[0];
  }

  /** Those of the names that exist. */
  all(names: readonly string[]): PolicyText[] {
    return names.map((name) => this.get(name)).filter((policy) => policy !== undefined);
  }

  hasRoomFor(name: string): boolean {
    return this.get(name) !== undefined || this.names().length < MAX_POLICIES;
  }

  put(name: string, text: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO policies (name, text) VALUES (?, ?)', name, text);
  }

  remove(name: string): boolean {
    return this.#sql.exec('DELETE FROM policies WHERE name = ?', name).rowsWritten > 0;
  }

  /** In their order, `root` not among them: it has no text. */
  names(): string[] {
    return this.#sql
      .exec<{ name: string }>('SELECT name FROM policies ORDER BY name')
      .toArray()
      .map((row) => row.name);
  }
}
