/** Writes sources with their secrets encrypted, and opens them to verify deliveries. */

import { parseSealingKeys, seal, unseal } from '../../config/sealing.ts';
import type { Variables } from '../../config/variables.ts';
import type { SourceSettings } from '../../ingest/webhooks/settings/settings.ts';
import type { AesKey } from '../../lib/aes.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import type { OpenSource } from '../../objects/authority-contract.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { MAX_SOURCES } from '../limits.ts';
import type { SourceStore } from './source-store.ts';

interface Parts {
  readonly lifecycle: Lifecycle;
  readonly sources: SourceStore;
}

export class SourceService {
  readonly #env: Variables;
  readonly #namespace: string;
  readonly #parts: Parts;

  /** @param namespace its key */
  constructor(env: Variables, namespace: string, parts: Parts) {
    this.#env = env;
    this.#namespace = namespace;
    this.#parts = parts;
  }

  /** Secrets that an old key has encrypted are encrypted again with the current key. So a rotation completes on its own. */
  async open(name: string): Promise<Result<OpenSource> | undefined> {
    const { lifecycle, sources } = this.#parts;
    const source = sources.get(name);
    if (source === undefined) return undefined;
    const { settings, sealed } = source;
    const keys = this.#keys();
    const opened = await unseal(keys, this.#ownerOf(name), sealed);
    if (!opened.ok) return opened;
    const { text, isCurrent } = opened.value;
    if (!isCurrent) {
      const resealed = await seal(keys, this.#ownerOf(name), text);
      lifecycle.assertOpen();
      sources.reseal(name, sealed, resealed);
    }
    return ok({ settings, secrets: JSON.parse(text) as string[] });
  }

  /** @param secrets undefined to keep those that are stored */
  async put(
    name: string,
    settings: SourceSettings,
    secrets: readonly string[] | undefined,
  ): Promise<Result<undefined>> {
    const { lifecycle, sources } = this.#parts;
    const sealed =
      secrets && (await seal(this.#keys(), this.#ownerOf(name), JSON.stringify(secrets)));
    lifecycle.assertOpen();
    const known = sources.get(name);
    if (known === undefined && sources.names().length >= MAX_SOURCES) {
      return invalid(`there are ${MAX_SOURCES} sources already, as many as are allowed`);
    }
    if (secrets !== undefined && sealed !== undefined) {
      sources.put(name, { settings, sealed, secrets: secrets.length });
    } else if (known?.settings.kind === settings.kind) {
      sources.put(name, { ...known, settings });
    } else {
      return invalid(
        known === undefined
          ? 'missing secrets; a source has one or more'
          : 'a source of another kind needs new secrets',
      );
    }
    return ok(undefined);
  }

  #keys(): readonly AesKey[] {
    const keys = parseSealingKeys(this.#env);
    if (!keys.ok) throw new Error(keys.failure.message);
    return keys.value;
  }

  /** What the secrets are bound to: they open for no other source, and in no other namespace. */
  #ownerOf(source: string): string {
    return `${this.#namespace}\n${source}`;
  }
}
