/** The sources of one Vault namespace: their settings, and their secrets sealed. */
import type { SourceSettings } from '../../ingest/webhooks/settings.ts';
import { MAX_SOURCES } from '../limits.ts';

export interface StoredSource {
  readonly settings: SourceSettings;
  readonly sealed: string;
  /** How many secrets there are. */
  readonly secrets: number;
}

export class Sources {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(name: string): StoredSource | undefined {
    const [row] = this.#sql
      .exec<{ settings: string; sealed: string; secrets: number }>(
        'SELECT settings, sealed, secrets FROM sources WHERE name = ?',
        name,
      )
      .toArray();
    return row && { ...row, settings: JSON.parse(row.settings) as SourceSettings };
  }

  hasRoomFor(name: string): boolean {
    return this.get(name) !== undefined || this.names().length < MAX_SOURCES;
  }

  put(name: string, { settings, sealed, secrets }: StoredSource): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO sources (name, settings, sealed, secrets) VALUES (?, ?, ?, ?)',
      name,
      JSON.stringify(settings),
      sealed,
      secrets,
    );
  }

  /** Seals anew what nobody has written meanwhile. */
  reseal(name: string, before: string, sealed: string): void {
    this.#sql.exec(
      'UPDATE sources SET sealed = ? WHERE name = ? AND sealed = ?',
      sealed,
      name,
      before,
    );
  }

  remove(name: string): boolean {
    return this.#sql.exec('DELETE FROM sources WHERE name = ?', name).rowsWritten > 0;
  }

  names(): string[] {
    return this.#sql
      .exec<{ name: string }>('SELECT name FROM sources ORDER BY name')
      .toArray()
      .map(({ name }) => name);
  }
}
