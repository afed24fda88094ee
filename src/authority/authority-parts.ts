/** The parts of an authority, for methods that may need the namespace to exist, its tables, or neither. */

import type { ChildNamespace } from '../objects/authority-contract.ts';
import type { Parts } from './compose-authority.ts';

export class AuthorityParts {
  readonly #parts: Parts;
  readonly #isRoot: boolean;

  constructor(parts: Parts, isRoot: boolean) {
    this.#parts = parts;
    this.#isRoot = isRoot;
  }

  /** Whether the storage was not restored, as far as is known without a call. */
  get isConfirmed(): boolean {
    const { generation, lifecycle } = this.#parts;
    return lifecycle.hasTables ? generation.isConfirmed : !this.#isRoot;
  }

  /** Whether the namespace exists. */
  get exist(): boolean {
    return this.#isRoot || this.#parts.lifecycle.isOpen;
  }

  /**
   * For a method that may store something: the root namespace needs nobody to create it.
   *
   * @throws if the namespace was deleted, or never created
   */
  open(): Parts {
    if (this.#isRoot) this.#createTables();
    this.#parts.lifecycle.assertOpen();
    this.#parts.reporter.worked();
    return this.#parts;
  }

  /**
   * For a method that stores nothing new.
   *
   * @returns undefined if nothing was ever stored in the root namespace
   * @throws if another namespace was deleted, or never created
   */
  found(): Parts | undefined {
    if (this.#isRoot && !this.#parts.lifecycle.hasTables) return undefined;
    return this.open();
  }

  /** @returns undefined if nothing is stored, or the namespace is being deleted */
  whileOpen(): Parts | undefined {
    return this.#parts.lifecycle.isOpen ? this.#parts : undefined;
  }

  /** The same, also after the namespace was closed. */
  stored(): Parts | undefined {
    return this.#parts.lifecycle.hasTables ? this.#parts : undefined;
  }

  /**
   * Makes a restored storage true again. An authority that was restored to before its first write continues too: hubs know
   * numbers of later.
   */
  async confirm(): Promise<void> {
    const { generation, lifecycle, renewal } = this.#parts;
    if (!lifecycle.hasTables && !(await generation.wasEverBegun())) return;
    this.#createTables();
    await generation.confirm((kept) => renewal.renew(kept));
    this.whileOpen()?.alarms.arm();
  }

  /** @returns whether the namespace exists now */
  async create(): Promise<boolean> {
    if (!this.#parts.lifecycle.hasTables) await this.confirm();
    this.#createTables();
    return this.exist;
  }

  /** Accepts nothing new from now on, unless there are namespaces below. @returns these */
  close(): ChildNamespace[] {
    const below = this.stored()?.children.all() ?? [];
    if (below.length === 0) this.#parts.lifecycle.close();
    return below;
  }

  wipe(): Promise<void> {
    return this.#parts.lifecycle.wipe();
  }

  #createTables(): void {
    if (this.#parts.lifecycle.hasTables) return;
    this.#parts.lifecycle.create();
    this.#parts.policies.addDefault();
  }
}
