/** Finds out, once for each start of a hub, whether its storage was restored. Calls that come meanwhile wait. */

import { log, logError } from '../lib/log.ts';
import { hasTables, migrate } from '../objects/migrations.ts';
import type { HubParts } from './composed-hub.ts';

type Parts = Pick<HubParts<unknown>, 'ctx' | 'schema' | 'generation' | 'kept' | 'renew'>;

export class RestoreCheck {
  readonly #parts: Parts;
  readonly #hub: string;
  #isDone = false;
  #running: Promise<void> | undefined;

  /** @param hub as messages name it */
  constructor(parts: Parts, hub: string) {
    this.#parts = parts;
    this.#hub = hub;
  }

  /** Whether the storage was not restored, or was made true again since. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** A check in the last minutes, which the storage remembers, is good enough. */
  begin(): void {
    this.#isDone = this.#parts.generation.isConfirmed;
  }

  /** The storage was deleted, and with it what it remembered. */
  forget(): void {
    this.#isDone = false;
  }

  /** @throws if nobody knows whether the storage was restored */
  async confirm(): Promise<void> {
    this.#running ??= this.#once().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** The storage is about to be restored. */
  beginRestore(): Promise<void> {
    return this.#parts.generation.begin(this.#kept);
  }

  async #once(): Promise<void> {
    const { ctx, schema, generation, renew } = this.#parts;
    await generation.confirm((kept) => {
      migrate(ctx.storage, schema, this.#hub);
      renew(kept);
      log('warn', { restored: this.#hub });
    });
    this.#isDone = true;
  }

  /** A damaged storage is restored nevertheless. */
  get #kept(): string | undefined {
    const { ctx, kept } = this.#parts;
    try {
      return hasTables(ctx.storage.sql) ? kept?.() : undefined;
    } catch (error) {
      logError(`${this.#hub} cannot read which shards it has`, error);
      return undefined;
    }
  }
}
