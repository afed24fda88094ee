/** Creates and deletes the namespaces directly below. Each has an authority of its own, which is asked first. */

import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { childKey } from '../../namespace/namespace.ts';
import type { ChildNamespace } from '../../objects/authority-contract.ts';
import { MAX_CHILD_NAMESPACES } from '../../objects/limits.ts';
import { callAuthority } from '../../objects/stubs.ts';
import { randomText } from '../../token/token-form.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { ChildStore } from './child-store.ts';

const ID_CHARACTERS = 8;

interface Parts {
  readonly lifecycle: Lifecycle;
  readonly children: ChildStore;
  readonly outbox: Outbox;
}

export class ChildNamespaces {
  readonly #env: Env;
  readonly #namespace: string;
  readonly #parts: Parts;

  /** @param namespace the key of the namespace above them */
  constructor(env: Env, namespace: string, parts: Parts) {
    this.#env = env;
    this.#namespace = namespace;
    this.#parts = parts;
  }

  async create(
    name: string,
    metadata: ChildNamespace['metadata'] | undefined,
  ): Promise<Result<ChildNamespace>> {
    const { lifecycle, children } = this.#parts;
    const known = children.get(name);
    if (known === undefined && children.isFull()) {
      return invalid(
        `there are ${MAX_CHILD_NAMESPACES} namespaces here already, as many as are allowed`,
      );
    }
    const id = known?.id ?? randomText(ID_CHARACTERS);
    // Before its name is stored: if its authority has no room to begin, there is no such namespace.
    const key = childKey(this.#namespace, name, id);
    const exists = await callAuthority(this.#env, key, (authority) => authority.create());
    if (!exists) {
      return invalid(
        `the namespace ${quote(name)} is being deleted; delete it again to finish that`,
      );
    }
    lifecycle.assertOpen();
    // Another request may have created or deleted it meanwhile.
    if (children.get(name)?.id !== known?.id) return this.create(name, metadata);
    const child = { name, id, metadata: metadata ?? known?.metadata ?? {} };
    if (known === undefined || metadata !== undefined) children.put(child);
    return ok(child);
  }

  /** @returns false if there is no such namespace */
  async delete(name: string): Promise<Result<boolean>> {
    const { lifecycle, children, outbox } = this.#parts;
    const child = children.get(name);
    if (child === undefined) return ok(false);
    const key = childKey(this.#namespace, name, child.id);
    const below = await callAuthority(this.#env, key, (authority) => authority.close());
    if (below.length > 0) {
      return invalid(
        `cannot delete namespace ${quote(name)} containing child namespaces; delete ${below.map(quote).join(', ')} first`,
      );
    }
    lifecycle.assertOpen();
    // Another request may have deleted it meanwhile, and created another one.
    if (children.get(name)?.id !== child.id) return ok(true);
    children.delete(name);
    outbox.add({ kind: 'wipe', namespace: key });
    outbox.send();
    return ok(true);
  }
}
