/**
 * The lifecycle of a dispatcher. It stores nothing before the first destination of its Vault namespace, or before it has to
 * repeat a call. Once the namespace is being deleted, it refuses everything: what is still under way would store it again.
 */

import { ROOT } from '../../namespace/namespace.ts';
import { hasTables, migrate } from '../../objects/migrations.ts';
import { dispatcherForOperators } from '../../objects/names.ts';
import { namespaceDeleted } from '../../objects/namespace-end.ts';
import { callAuthorityFromHub } from '../../objects/stubs.ts';
import { DISPATCHER_SCHEMA } from './schema.ts';

export class DispatcherLifecycle {
  readonly #storage: DurableObjectStorage;
  readonly #namespace: string;
  #hasTables = false;
  #hasEnded = false;

  /**
   * @param namespace its key
   * @throws if this release cannot read the storage: the object does not start then
   */
  constructor(storage: DurableObjectStorage, namespace: string) {
    this.#storage = storage;
    this.#namespace = namespace;
    if (hasTables(storage.sql)) this.create();
  }

  get hasTables(): boolean {
    return this.#hasTables;
  }

  /** Creates or migrates the tables. */
  create(): void {
    this.assertOpen();
    if (this.#hasTables) return;
    migrate(this.#storage, DISPATCHER_SCHEMA, dispatcherForOperators(this.#namespace));
    this.#hasTables = true;
  }

  get isOpen(): boolean {
    return !this.#hasEnded;
  }

  /** To be called again after every wait: the namespace may have been deleted. */
  assertOpen(): void {
    if (this.#hasEnded) throw namespaceDeleted(this.#namespace);
  }

  /** Nothing is stored from now on. */
  end(): void {
    this.#hasEnded = true;
  }

  async discard(): Promise<void> {
    this.#hasTables = false;
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }
}

/**
 * To be called before something is stored for the first time: a Worker or a hub may still know a namespace that was deleted.
 *
 * @param namespace its key
 * @throws if it was deleted
 */
export async function assertExists(env: Env, namespace: string): Promise<void> {
  if (namespace === ROOT) return;
  const exists = await callAuthorityFromHub(env, namespace, (authority) => authority.exists());
  if (!exists) throw namespaceDeleted(namespace);
}
