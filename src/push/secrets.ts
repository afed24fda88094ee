/** The secrets with which a webhook is signed, encrypted as those of sources. */
import { keyStates, NO_SEALING_KEY, parseSealingKeys, seal, unseal } from '../config/sealing.ts';
import type { Variables } from '../config/variables.ts';
import { publicKeysOf } from '../destination/signing-secret.ts';
import type { AesKey } from '../lib/aes.ts';
import { invalid, ok, type Result } from '../lib/result.ts';

const SECRETS_KEY = 'secrets';

export interface SealedSecrets {
  /** A list in JSON, encrypted. */
  readonly sealed: string;
  readonly count: number;
  /** `whpk_…` of those that are private keys. */
  readonly publicKeys: readonly string[];
}

interface Parts {
  readonly env: Variables;
  readonly storage: DurableObjectStorage;
  /** What the encryption is bound to: it opens for no other destination, nor for a source. */
  readonly owner: string;
}

export class DestinationSecrets {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Encrypts secrets. What is answered is to be given to `put`, which does not wait. */
  async seal(secrets: readonly string[]): Promise<Result<SealedSecrets>> {
    const keys = this.#keys();
    if (keys.length === 0) return invalid(NO_SEALING_KEY);
    return ok({
      sealed: await seal(keys, this.#owner, JSON.stringify(secrets)),
      count: secrets.length,
      publicKeys: await publicKeysOf(secrets),
    });
  }

  put(secrets: SealedSecrets): void {
    this.#parts.storage.kv.put(SECRETS_KEY, secrets);
  }

  clear(): void {
    this.#parts.storage.kv.delete(SECRETS_KEY);
  }

  count(): number {
    return this.#stored()?.count ?? 0;
  }

  publicKeys(): readonly string[] {
    return this.#stored()?.publicKeys ?? [];
  }

  /** Under which key they are encrypted. `current` if there are none. */
  async keyState(): Promise<'current' | 'old' | 'missing'> {
    const stored = this.#stored();
    return stored === undefined ? 'current' : (await keyStates(this.#keys()))(stored.sealed);
  }

  /** Secrets that an old key has encrypted are encrypted again with the current key. So a rotation completes on its own. */
  async open(): Promise<Result<readonly string[]>> {
    const stored = this.#stored();
    if (stored === undefined) return ok([]);
    const keys = this.#keys();
    const opened = await unseal(keys, this.#owner, stored.sealed);
    if (!opened.ok) return invalid(`the secrets cannot be decrypted: ${opened.failure.message}`);
    const { text, isCurrent } = opened.value;
    if (!isCurrent) {
      const sealed = await seal(keys, this.#owner, text);
      // Unless others were written, or these deleted, meanwhile.
      if (this.#stored()?.sealed === stored.sealed) this.put({ ...stored, sealed });
    }
    return ok(JSON.parse(text) as string[]);
  }

  #stored(): SealedSecrets | undefined {
    return this.#parts.storage.kv.get<SealedSecrets>(SECRETS_KEY);
  }

  #keys(): readonly AesKey[] {
    const keys = parseSealingKeys(this.#parts.env);
    if (!keys.ok) throw new Error(keys.failure.message);
    return keys.value;
  }

  get #owner(): string {
    return `destination\n${this.#parts.owner}`;
  }
}
