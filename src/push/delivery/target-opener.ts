/** The target of a destination as its settings are now. */

import type { Result } from '../../lib/result.ts';
import { ok } from '../../lib/result.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import type { DestinationSecrets } from '../secrets.ts';
import type { Target } from '../targets/target.ts';
import { targetOf } from '../targets/target-of.ts';
import type { StoredSettings, Told } from './stored-settings.ts';

interface TargetOpenerParts {
  readonly env: Env;
  readonly namespaceKey: string;
  readonly settings: StoredSettings;
  readonly secrets: DestinationSecrets;
  readonly timeoutMs: number;
}

/** A target, and what must not be shown of it. */
export interface OpenTarget {
  readonly target: Target;
  readonly secrets: readonly string[];
}

export class TargetOpener {
  readonly #parts: TargetOpenerParts;
  #open: (OpenTarget & { readonly of: Told }) | undefined;

  constructor(parts: TargetOpenerParts) {
    this.#parts = parts;
  }

  /** @returns a failure if there is no such binding any more, or a secret cannot be decrypted */
  async open(): Promise<Result<OpenTarget>> {
    const { env, namespaceKey, settings, timeoutMs } = this.#parts;
    const of = settings.told;
    if (this.#open?.of === of) return ok(this.#open);
    const isWebhook = of.settings.target.type === 'webhook';
    const secrets = isWebhook ? await this.#parts.secrets.open() : ok([]);
    if (!secrets.ok) return secrets;
    const target = targetOf({
      env,
      settings: of.settings,
      secrets: secrets.value,
      namespace: pathOfKey(namespaceKey),
      agreement: of.agreement,
      timeoutMs,
    });
    if (!target.ok) return target;
    this.#open = { of, target: target.value, secrets: secrets.value };
    return ok(this.#open);
  }
}
