/** The sources of a Vault namespace: their settings, and their secrets encrypted. */

import type { SourceSettings } from '../../ingest/webhooks/settings/settings.ts';
import type { SourceDescription } from '../../objects/authority-contract.ts';

export interface StoredSource extends SourceDescription {
  /** The secrets, encrypted. */
  readonly sealed: string;
}

export class SourceStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(name: string): StoredSource | undefined {
    const [row] = this.#sql
      .exec<{ settings: string; sealed: string; secrets: number }>(
        'SELECT settings, sealed_secrets AS sealed, secret_count AS secrets FROM sources WHERE name = ?',
        name,
      )
      .toArray();
    return row && { ...row, settings: JSON.parse(row.settings) as SourceSettings };
  }

  /** A source without its secrets. */
  describe(name: string): SourceDescription | undefined {
    const source = this.get(name);
    return source && { settings: source.settings, secrets: source.secrets };
  }

  put(name: string, { settings, sealed, secrets }: StoredSource): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO sources (name, settings, sealed_secrets, secret_count) VALUES (?, ?, ?, ?)',
      name,
      JSON.stringify(settings),
      sealed,
      secrets,
    );
  }

  /** Replaces the encrypted secrets, unless others were written meanwhile. */
  reseal(name: string, before: string, sealed: string): void {
    this.#sql.exec(
      'UPDATE sources SET sealed_secrets = ? WHERE name = ? AND sealed_secrets = ?',
      sealed,
      name,
      before,
    );
  }

  delete(name: string): boolean {
    return this.#sql.exec('DELETE FROM sources WHERE name = ?', name).rowsWritten > 0;
  }

  names(): string[] {
    return this.#sql
      .exec<{ name: string }>('SELECT name FROM sources ORDER BY name')
      .toArray()
      .map(({ name }) => name);
  }
}
