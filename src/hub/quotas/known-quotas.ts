/**
 * The quotas that apply to a hub, as its authority said. The hub asks once, when it first needs them, and is told of each
 * change. So a hub without a quota pays nothing for them. The root namespace has none.
 */

import { ROOT } from '../../namespace/namespace.ts';
import type { Quotas } from '../../namespace/quota.ts';
import { isMethodMissing } from '../../objects/call.ts';
import { parseHubName, subscriberHubOfObject } from '../../objects/names.ts';
import { callAuthorityFromHub } from '../../objects/stubs.ts';
import { REGISTRATION_CHECK_MS } from '../limits.ts';

export const QUOTAS_KEY = 'quotas';

const NONE: Quotas = { version: 0, all: [] };

export class KnownQuotas {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #namespace: string;
  #known: Quotas | undefined;
  /** When to ask an authority of release 0.2 again, which knows no quotas. Unix milliseconds. */
  #askAgainAt = Number.POSITIVE_INFINITY;

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx;
    this.#env = env;
    this.#namespace = parseHubName(ctx.id.name).namespaceKey;
    if (this.#namespace === ROOT) this.#known = NONE;
  }

  /** Undefined if the hub has to ask. */
  get stored(): Quotas | undefined {
    if (Date.now() >= this.#askAgainAt) return undefined;
    this.#known ??= this.#ctx.storage.kv.get<Quotas>(QUOTAS_KEY);
    return this.#known;
  }

  /** Asks the authority if the hub has to. */
  async current(): Promise<Quotas> {
    return this.stored ?? (await this.find());
  }

  /** Asks the authority. */
  async find(): Promise<Quotas> {
    const hub = subscriberHubOfObject(this.#ctx.id.name);
    try {
      const { version, all } = await callAuthorityFromHub(this.#env, this.#namespace, (stub) =>
        stub.pullQuotas(hub),
      );
      this.#askAgainAt = Number.POSITIVE_INFINITY;
      this.set({ version, all });
    } catch (error) {
      if (!isMethodMissing(error)) throw error;
      this.#known = NONE;
      this.#askAgainAt = Date.now() + REGISTRATION_CHECK_MS;
    }
    return this.#known ?? NONE;
  }

  /** Messages may overtake each other. */
  set(quotas: Quotas): void {
    const known = this.stored;
    if (known !== undefined && known.version > quotas.version) return;
    this.#known = quotas;
    this.#ctx.storage.kv.put(QUOTAS_KEY, quotas);
  }
}
