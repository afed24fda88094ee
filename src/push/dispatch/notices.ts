/** Takes the notices of hubs: wakes the destinations of this Vault namespace, and forwards them to the dispatchers above. */

import { isWithin } from '../../namespace/namespace.ts';
import type { Notice } from '../../objects/destination-contract.ts';
import { nameForOperators, parseHubName } from '../../objects/names.ts';
import type { Forwards } from './forwards.ts';
import type { DispatcherLifecycle } from './lifecycle.ts';
import type { Registry } from './registry.ts';
import type { Wakes } from './wakes.ts';
import { Wanting } from './wanting.ts';

interface NoticeParts {
  /** The key of the Vault namespace. */
  readonly namespace: string;
  readonly lifecycle: DispatcherLifecycle;
  readonly registry: Registry;
  readonly wakes: Wakes;
  readonly forwards: Forwards;
}

export class Notices {
  readonly #parts: NoticeParts;
  #wanting: Wanting | undefined;
  /** Of the registry, when it was compiled. */
  #revision = -1;

  constructor(parts: NoticeParts) {
    this.#parts = parts;
  }

  /** @throws if the hub is not of this Vault namespace */
  async take(notice: Notice): Promise<void> {
    const { namespace, forwards } = this.#parts;
    if (parseHubName(notice.hub).namespaceKey !== namespace) throw this.#stranger(notice.hub);
    await Promise.all([this.#wake(notice), forwards.forward(notice)]);
  }

  /** @throws if the hub is neither of this Vault namespace nor of one below */
  async takeForwarded(notice: Notice): Promise<void> {
    const { namespaceKey } = parseHubName(notice.hub);
    if (!isWithin(namespaceKey, this.#parts.namespace)) throw this.#stranger(notice.hub);
    await this.#wake(notice);
  }

  async #wake(notice: Notice): Promise<void> {
    const { lifecycle, wakes } = this.#parts;
    lifecycle.assertOpen();
    const names = this.#compiled().of(notice);
    await Promise.all(names.map((name) => wakes.wake(name, notice.hub)));
  }

  #compiled(): Wanting {
    const { registry } = this.#parts;
    if (this.#wanting === undefined || this.#revision !== registry.revision) {
      this.#revision = registry.revision;
      const live = registry.live();
      this.#wanting = new Wanting(
        live.map(({ name, needs }) => ({ name, wanted: needs.map(({ wanted }) => wanted) })),
      );
    }
    return this.#wanting;
  }

  #stranger(hub: string): Error {
    return new Error(`${nameForOperators(hub)} notifies a dispatcher of another namespace`);
  }
}
