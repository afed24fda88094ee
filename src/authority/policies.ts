/** The policies of a Vault namespace, as they were written. */

import { invalid, ok, type Result } from '../lib/result.ts';
import { column } from '../objects/sql.ts';
import { DEFAULT_POLICY } from '../policy/default-policy.ts';
import type { PolicyText } from '../policy/policy-set.ts';
import { MAX_POLICIES } from './limits.ts';
import type { Outbox } from './outbox/outbox.ts';

export class Policies {
  readonly #sql: SqlStorage;
  readonly #outbox: Outbox;

  constructor(sql: SqlStorage, outbox: Outbox) {
    this.#sql = sql;
    this.#outbox = outbox;
  }

  /** Every namespace has a policy `default`, which nobody can delete. */
  addDefault(): void {
    if (this.get('default') === undefined) this.#put('default', DEFAULT_POLICY);
  }

  get(name: string): PolicyText | undefined {
    return this.#sql
      .exec<{ name: string; version: number; text: string }>(
        'SELECT name, version, text FROM policies WHERE name = ?',
        name,
      )
      .toArray()[0];
  }

  /** The policies with these names that exist. */
  existing(names: readonly string[]): PolicyText[] {
    return names.map((name) => this.get(name)).filter((policy) => policy !== undefined);
  }

  /** In order, without `root`: it has no text. */
  names(): string[] {
    return column(this.#sql, 'SELECT name FROM policies ORDER BY name');
  }

  put(name: string, text: string): Result<undefined> {
    const known = this.get(name);
    if (known === undefined && this.names().length >= MAX_POLICIES) {
      return invalid(`there are ${MAX_POLICIES} policies already, as many as are allowed`);
    }
    if (known?.text === text) return ok(undefined);
    this.#put(name, text);
    this.#notify(name);
    return ok(undefined);
  }

  delete(name: string): void {
    const { rowsWritten } = this.#sql.exec('DELETE FROM policies WHERE name = ?', name);
    if (rowsWritten === 0) return;
    this.#notify(name);
  }

  #notify(name: string): void {
    this.#outbox.policyChanged(name);
    this.#outbox.send();
  }

  /** The new text gets the next version. */
  #put(name: string, text: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO policies (name, text) VALUES (?, ?)', name, text);
  }
}

/** The policies of the root namespace before anything was stored in it. */
export function presetPolicy(name: string): PolicyText | undefined {
  return name === 'default' ? { name, version: 1, text: DEFAULT_POLICY } : undefined;
}
