/**
 * Whether a Vault namespace exists. Its authority stores nothing before it is created, so a call for a namespace that
 * does not exist leaves no trace. A closed namespace accepts nothing new, and is wiped next.
 *
 * The root namespace always exists, but its authority stores nothing before the first write either: whoever asks for a
 * token creates no database.
 */

import { hasTables, migrate } from '../objects/migrations.ts';
import { authorityForOperators } from '../objects/names.ts';
import { namespaceDeleted } from '../objects/namespace-end.ts';
import { AUTHORITY_SCHEMA } from './schema.ts';

const CLOSED_KEY = 'closed';

export class Lifecycle {
  readonly #storage: DurableObjectStorage;
  readonly #namespace: string;
  #hasTables = false;

  /**
   * @param namespace its key
   * @throws if this release cannot read the storage: the object does not start then
   */
  constructor(storage: DurableObjectStorage, namespace: string) {
    this.#storage = storage;
    this.#namespace = namespace;
    if (hasTables(storage.sql)) this.create();
  }

  /** Creates or migrates the tables. */
  create(): void {
    if (this.#hasTables) return;
    migrate(this.#storage, AUTHORITY_SCHEMA, authorityForOperators(this.#namespace));
    this.#hasTables = true;
  }

  /** Whether there is something stored, also after the namespace was closed. */
  get hasTables(): boolean {
    return this.#hasTables;
  }

  get isOpen(): boolean {
    return this.#hasTables && this.#storage.kv.get<boolean>(CLOSED_KEY) !== true;
  }

  /** To be called again after every wait: the namespace may have been closed. */
  assertOpen(): void {
    if (!this.isOpen) throw namespaceDeleted(this.#namespace);
  }

  close(): void {
    this.#storage.kv.put(CLOSED_KEY, true);
  }

  async wipe(): Promise<void> {
    this.#hasTables = false;
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }
}
