/** The sources of a Vault namespace: their settings, and their secrets encrypted. */

import { keyStates, parseSealingKeys, seal, unseal } from '../config/sealing.ts';
import type { Variables } from '../config/variables.ts';
import type { SourceSettings } from '../ingest/webhooks/settings/settings.ts';
import type { AesKey } from '../lib/aes.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { OpenSource, SourceDescription } from '../objects/authority-contract.ts';
import type { Lifecycle } from './lifecycle.ts';
import { MAX_SOURCES } from './limits.ts';

interface StoredSource extends Omit<SourceDescription, 'key'> {
  /** The secrets, encrypted. */
  readonly sealed: string;
}

interface Parts {
  readonly env: Variables;
  readonly sql: SqlStorage;
  /** Its key. */
  readonly namespace: string;
  readonly lifecycle: Lifecycle;
}

export class Sources {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Of all sources. None of them needs an old key any more: with the list, the secrets of each are opened. */
  async names(): Promise<string[]> {
    const sources = this.#all();
    const stateOf = await keyStates(this.#keys());
    for (const { name, sealed } of sources) {
      if (stateOf(sealed) === 'old') await this.open(name);
    }
    this.#parts.lifecycle.assertOpen();
    return this.#all().map(({ name }) => name);
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  async describe(name: string): Promise<SourceDescription | undefined> {
    const source = this.#get(name);
    if (source === undefined) return undefined;
    const { settings, secrets, sealed } = source;
    const stateOf = await keyStates(this.#keys());
    return { settings, secrets, key: stateOf(sealed) };
  }

  /** Secrets that an old key has encrypted are encrypted again with the current key. So a rotation completes on its own. */
  async open(name: string): Promise<Result<OpenSource> | undefined> {
    const { sql, lifecycle } = this.#parts;
    const source = this.#get(name);
    if (source === undefined) return undefined;
    const { settings, sealed } = source;
    const keys = this.#keys();
    const opened = await unseal(keys, this.#ownerOf(name), sealed);
    if (!opened.ok) return opened;
    const { text, isCurrent } = opened.value;
    if (!isCurrent) {
      const resealed = await seal(keys, this.#ownerOf(name), text);
      lifecycle.assertOpen();
      // Unless other secrets were written meanwhile.
      sql.exec(
        'UPDATE sources SET sealed_secrets = ? WHERE name = ? AND sealed_secrets = ?',
        resealed,
        name,
        sealed,
      );
    }
    return ok({ settings, secrets: JSON.parse(text) as string[] });
  }

  async put(
    name: string,
    settings: SourceSettings,
    secrets: readonly string[] | undefined,
  ): Promise<Result<undefined>> {
    const sealed =
      secrets && (await seal(this.#keys(), this.#ownerOf(name), JSON.stringify(secrets)));
    this.#parts.lifecycle.assertOpen();
    const known = this.#get(name);
    if (known === undefined && this.#all().length >= MAX_SOURCES) {
      return invalid(`there are ${MAX_SOURCES} sources already, as many as are allowed`);
    }
    if (secrets !== undefined && sealed !== undefined) {
      this.#put(name, { settings, sealed, secrets: secrets.length });
    } else if (known?.settings.kind === settings.kind) {
      this.#put(name, { ...known, settings });
    } else {
      return invalid(
        known === undefined
          ? 'missing secrets; a source has one or more: give "secrets" in the body, or --secret-file to the command'
          : 'a source of another kind needs new secrets',
      );
    }
    return ok(undefined);
  }

  delete(name: string): boolean {
    const deleted = this.#parts.sql.exec('DELETE FROM sources WHERE name = ?', name);
    return deleted.rowsWritten > 0;
  }

  #all(): { readonly name: string; readonly sealed: string }[] {
    return this.#parts.sql
      .exec<{ name: string; sealed: string }>(
        'SELECT name, sealed_secrets AS sealed FROM sources ORDER BY name',
      )
      .toArray();
  }

  #get(name: string): StoredSource | undefined {
    const [row] = this.#parts.sql
      .exec<{ settings: string; sealed: string; secrets: number }>(
        'SELECT settings, sealed_secrets AS sealed, secret_count AS secrets FROM sources WHERE name = ?',
        name,
      )
      .toArray();
    return row && { ...row, settings: JSON.parse(row.settings) as SourceSettings };
  }

  #put(name: string, { settings, sealed, secrets }: StoredSource): void {
    this.#parts.sql.exec(
      'INSERT OR REPLACE INTO sources (name, settings, sealed_secrets, secret_count) VALUES (?, ?, ?, ?)',
      name,
      JSON.stringify(settings),
      sealed,
      secrets,
    );
  }

  #keys(): readonly AesKey[] {
    const keys = parseSealingKeys(this.#parts.env);
    if (!keys.ok) throw new Error(keys.failure.message);
    return keys.value;
  }

  /** What the secrets are bound to: they open for no other source, and in no other namespace. */
  #ownerOf(source: string): string {
    return `${this.#parts.namespace}\n${source}`;
  }
}
