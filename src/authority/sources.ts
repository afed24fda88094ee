/** The sources of a Vault namespace: their settings, and their secrets encrypted. */

import { keyStates, parseSealingKeys, seal, unseal } from '../config/sealing.ts';
import type { Variables } from '../config/variables.ts';
import type { SourceSettings } from '../ingest/webhooks/settings/settings.ts';
import type { AesKey } from '../lib/aes.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type {
  OpenSource,
  SourceDescription,
  WrittenSource,
} from '../objects/authority-contract.ts';
import type { Lifecycle } from './lifecycle.ts';
import { MAX_SOURCES } from './limits.ts';

interface StoredSource extends Omit<SourceDescription, 'key'> {
  /** The secrets, encrypted. */
  readonly sealed: string;
  /** The read token, encrypted; null for none. */
  readonly token: string | null;
}

type SealedColumn = 'sealed_secrets' | 'sealed_read_token';

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
    for (const { name, sealed, token } of sources) {
      if ([sealed, token].some((each) => each && stateOf(each) === 'old')) await this.open(name);
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
    const { settings, secrets, sealed, token } = source;
    const stateOf = await keyStates(this.#keys());
    const states = [stateOf(sealed), ...(token === null ? [] : [stateOf(token)])];
    const key = (['missing', 'old'] as const).find((each) => states.includes(each)) ?? 'current';
    return { settings, secrets, key };
  }

  /** Secrets that an old key has encrypted are encrypted again with the current key. So a rotation completes on its own. */
  async open(name: string): Promise<Result<OpenSource> | undefined> {
    const source = this.#get(name);
    if (source === undefined) return undefined;
    const { settings, sealed, token } = source;
    const secrets = await this.#open(name, 'sealed_secrets', sealed);
    if (!secrets.ok) return secrets;
    const readToken =
      token === null ? undefined : await this.#open(name, 'sealed_read_token', token);
    return ok({
      settings,
      secrets: JSON.parse(secrets.value) as string[],
      // Without it, events only lack what the audited server would add.
      ...(readToken?.ok && { readToken: readToken.value }),
    });
  }

  async #open(name: string, column: SealedColumn, sealed: string): Promise<Result<string>> {
    const { sql, lifecycle } = this.#parts;
    const keys = this.#keys();
    const owner = this.#ownerOf(name, column);
    const opened = await unseal(keys, owner, sealed);
    if (!opened.ok) return opened;
    const { text, isCurrent } = opened.value;
    if (!isCurrent) {
      const resealed = await seal(keys, owner, text);
      lifecycle.assertOpen();
      // Unless another one was written meanwhile.
      sql.exec(
        `UPDATE sources SET ${column} = ? WHERE name = ? AND ${column} = ?`,
        resealed,
        name,
        sealed,
      );
    }
    return ok(text);
  }

  async put(
    name: string,
    settings: SourceSettings,
    secrets: readonly string[] | undefined,
    readToken: string | undefined,
  ): Promise<Result<WrittenSource>> {
    const sealed = secrets && (await this.#seal(name, 'sealed_secrets', JSON.stringify(secrets)));
    const sealedToken = readToken && (await this.#seal(name, 'sealed_read_token', readToken));
    this.#parts.lifecycle.assertOpen();
    const known = this.#get(name);
    const token = readTokenOf(settings, sealedToken, known);
    if (!token.ok) return token;
    if (known === undefined && this.#all().length >= MAX_SOURCES) {
      return invalid(`there are ${MAX_SOURCES} sources already, as many as are allowed`);
    }
    if (secrets !== undefined && sealed !== undefined) {
      this.#put(name, { settings, sealed, secrets: secrets.length, token: token.value });
    } else if (known?.settings.kind === settings.kind) {
      this.#put(name, { ...known, settings, token: token.value });
    } else {
      return invalid(
        known === undefined
          ? 'missing secrets; a source has one or more: give "secrets" in the body, or --secret-file to the command'
          : 'a source of another kind needs new secrets',
      );
    }
    return ok({ hasReadToken: token.value !== null });
  }

  delete(name: string): boolean {
    const deleted = this.#parts.sql.exec('DELETE FROM sources WHERE name = ?', name);
    return deleted.rowsWritten > 0;
  }

  #all(): { readonly name: string; readonly sealed: string; readonly token: string | null }[] {
    return this.#parts.sql
      .exec<{ name: string; sealed: string; token: string | null }>(
        'SELECT name, sealed_secrets AS sealed, sealed_read_token AS token FROM sources ORDER BY name',
      )
      .toArray();
  }

  #get(name: string): StoredSource | undefined {
    const [row] = this.#parts.sql
      .exec<{ settings: string; sealed: string; secrets: number; token: string | null }>(
        'SELECT settings, sealed_secrets AS sealed, secret_count AS secrets, sealed_read_token AS token FROM sources WHERE name = ?',
        name,
      )
      .toArray();
    return row && { ...row, settings: JSON.parse(row.settings) as SourceSettings };
  }

  #put(name: string, { settings, sealed, secrets, token }: StoredSource): void {
    this.#parts.sql.exec(
      'INSERT OR REPLACE INTO sources (name, settings, sealed_secrets, secret_count, sealed_read_token) VALUES (?, ?, ?, ?, ?)',
      name,
      JSON.stringify(settings),
      sealed,
      secrets,
      token,
    );
  }

  #seal(name: string, column: SealedColumn, text: string): Promise<string> {
    return seal(this.#keys(), this.#ownerOf(name, column), text);
  }

  #keys(): readonly AesKey[] {
    const keys = parseSealingKeys(this.#parts.env);
    if (!keys.ok) throw new Error(keys.failure.message);
    return keys.value;
  }

  /** What a sealed text is bound to: it opens for no other source, in no other namespace, and as nothing else. */
  #ownerOf(source: string, column: SealedColumn): string {
    const owner = `${this.#parts.namespace}\n${source}`;
    return column === 'sealed_secrets' ? owner : `${owner}\nread`;
  }
}

/**
 * The read token of a source that is written. A stored one is only kept for the address that it was given for: somebody who may
 * change a source must not get its token sent to a server of theirs.
 */
function readTokenOf(
  { read }: SourceSettings,
  given: string | undefined,
  known: StoredSource | undefined,
): Result<string | null> {
  if (read === undefined) return ok(null);
  if (given !== undefined) return ok(given);
  if (known?.token && known.settings.read?.address === read.address) return ok(known.token);
  return invalid(
    known?.token
      ? 'read has another address than before, so read.token is needed again; it is not sent to another server than it was given for'
      : 'missing read.token: the token with which the audited server is asked',
  );
}
