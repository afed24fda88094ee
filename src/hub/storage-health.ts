/** Whether a hub can read its storage. If it cannot, that is logged once, with what an operator can do. */

import { logError } from '../lib/log.ts';
import { nameForOperators, parseHubName } from '../objects/names.ts';
import { namesObject, storageFailureOf, unreadable } from '../objects/storage-failure.ts';

interface StorageProblem {
  /** `unsupported`: the storage has the schema of another release. */
  readonly state: 'unreadable' | 'unsupported';
  readonly message: string;
}

export class StorageHealth {
  readonly #ctx: DurableObjectState;
  #problem: StorageProblem | undefined;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  get problem(): StorageProblem | undefined {
    return this.#problem;
  }

  /** The hub, as messages to people name it. */
  get hub(): string {
    return nameForOperators(this.#ctx.id.name);
  }

  /** Reads all that is stored. */
  check(): void {
    try {
      for (const row of this.#ctx.storage.sql.exec('PRAGMA quick_check(1)')) {
        const [result] = Object.values(row);
        if (result !== 'ok') throw unreadable(this.hub, new Error(String(result)));
      }
    } catch (error) {
      this.report(error);
    }
  }

  /** @returns what callers are told */
  report(error: unknown): Error {
    const failure = unreadable(this.hub, error);
    if (this.#problem === undefined) {
      const isUnsupported = storageFailureOf(failure) === 'unsupported';
      const state = isUnsupported ? 'unsupported' : 'unreadable';
      this.#problem = { state, message: failure.message };
      const remedy = isUnsupported ? '' : `. ${this.#remedy()}`;
      logError(`${failure.message}. Its object is ${this.#ctx.id}${remedy}`);
    }
    return failure;
  }

  /** Everything was deleted. */
  clear(): void {
    this.#problem = undefined;
  }

  #remedy(): string {
    const { eventTypeNamespace } = parseHubName(this.#ctx.id.name);
    const path = `/v1/sys/events/hubs/${eventTypeNamespace || '*'}`;
    return `Restore that from a backup, or have the hub begin again without its events: DELETE ${path}, with sudo`;
  }
}

/** Whether this object cannot read its storage, and not another one that it called. */
export function isOwnFailure(error: unknown): boolean {
  const { remote = false } = error as { remote?: boolean };
  return !remote && !namesObject(error) && storageFailureOf(error) === 'unreadable';
}
