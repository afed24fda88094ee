/** The sources of a namespace with their secrets: sealed where they are stored, opened for who verifies. */

import { parseSealingKeys, type SealingSecret, seal, unseal } from '../../config/sealing.ts';
import type { SourceSettings } from '../../ingest/webhooks/settings.ts';
import type { AesKey } from '../../lib/aes.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import type { OpenSource, SourceDescription } from '../../objects/authority-contract.ts';
import { MAX_SOURCES } from '../limits.ts';
import type { Sources } from './sources.ts';

export class SealedSources {
  readonly #sources: () => Sources;
  readonly #env: Env & SealingSecret;
  readonly #namespace: string;

  /**
   * @param sources asked for anew after each wait: the namespace may have been deleted
   * @param namespace its key
   */
  constructor(sources: () => Sources, env: Env & SealingSecret, namespace: string) {
    this.#sources = sources;
    this.#env = env;
    this.#namespace = namespace;
  }

  describe(name: string): SourceDescription | undefined {
    const source = this.#sources().get(name);
    return source && { settings: source.settings, secrets: source.secrets };
  }

  /** What an old key has sealed is sealed anew, so that a rotation ends by itself. */
  async open(name: string): Promise<Result<OpenSource> | undefined> {
    const source = this.#sources().get(name);
    if (source === undefined) return undefined;
    const { settings, sealed } = source;
    const keys = this.#keys();
    const opened = await unseal(keys, this.#ownerOf(name), sealed);
    if (!opened.ok) return opened;
    const { text, isCurrent } = opened.value;
    if (!isCurrent) {
      const resealed = await seal(keys, this.#ownerOf(name), text);
      this.#sources().reseal(name, sealed, resealed);
    }
    return ok({ settings, secrets: JSON.parse(text) as string[] });
  }

  async put(
    name: string,
    settings: SourceSettings,
    secrets: readonly string[] | undefined,
  ): Promise<Result<undefined>> {
    const text = secrets && JSON.stringify(secrets);
    const sealed = text && (await seal(this.#keys(), this.#ownerOf(name), text));
    const sources = this.#sources();
    if (!sources.hasRoomFor(name)) {
      return invalid(`there are ${MAX_SOURCES} sources already, as many as are allowed`);
    }
    const known = sources.get(name);
    if (secrets !== undefined && sealed !== undefined) {
      sources.put(name, { settings, sealed, secrets: secrets.length });
    } else if (known?.settings.kind === settings.kind) {
      sources.put(name, { ...known, settings });
    } else {
      return invalid(
        known === undefined
          ? 'missing secrets; a source has one or more'
          : 'a source of another kind needs secrets anew',
      );
    }
    return ok(undefined);
  }

  #keys(): readonly AesKey[] {
    const keys = parseSealingKeys(this.#env);
    if (!keys.ok) throw new Error(keys.failure.message);
    return keys.value;
  }

  /** What the secrets are bound to: they open for no other source, nor in another namespace. */
  #ownerOf(source: string): string {
    return `${this.#namespace}\n${source}`;
  }
}
