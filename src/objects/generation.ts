/**
 * The generation of an object: how often its storage was replaced by an earlier state of itself. A restored object has to
 * take the next one before it serves anything, and cannot know by what it stores that it was restored. So another object
 * knows (`restoration-contract.ts`), and this one asks it when it starts.
 *
 * An object that asked a short time ago does not ask again. A restore to a state of that time is refused
 * (`MIN_RESTORE_AGE_MS`), so a restored object always asks.
 *
 * The local server cannot restore objects. Its operator replaces files, and says so with `carillon dev --restored`:
 * then the variable that is passed here has another value.
 */

import { GENERATION_CHECK_MS } from './limits.ts';
import { hasTables } from './migrations.ts';
import type { RestorationRecord } from './restoration-contract.ts';
import { callRestoration } from './stubs.ts';

const GENERATION_KEY = 'generation';

interface StoredGeneration {
  /** The last one that the object has taken. */
  readonly taken: number;
  /** The value of the variable then; empty if there was none. */
  readonly restoredFiles: string;
  /** When the object last asked, in Unix milliseconds. */
  readonly checkedAt: number;
}

interface Answer {
  readonly record: RestorationRecord;
  /** Unix milliseconds. */
  readonly at: number;
}

export class Generation {
  readonly #env: Env;
  readonly #storage: DurableObjectStorage;
  readonly #object: string;
  readonly #restoredFiles: string;
  /** The last answer. An object that has deleted everything does not ask again. */
  #answer: Answer | undefined;
  /** Read once. */
  #taken: number | undefined;

  /**
   * @param object the name under which the other object stands
   * @param restoredFiles the variable of the local server
   */
  constructor(ctx: DurableObjectState, env: Env, object: string, restoredFiles = '') {
    this.#env = env;
    this.#storage = ctx.storage;
    this.#object = object;
    this.#restoredFiles = restoredFiles;
  }

  /** The last one that the object has taken. */
  get taken(): number {
    this.#taken ??= this.#stored?.taken ?? 0;
    return this.#taken;
  }

  /** Whether what is stored shows that the storage was not restored. */
  get isConfirmed(): boolean {
    const stored = this.#stored;
    return (
      stored !== undefined &&
      stored.restoredFiles === this.#restoredFiles &&
      Date.now() - stored.checkedAt < GENERATION_CHECK_MS
    );
  }

  /**
   * Finds out whether the storage was restored.
   *
   * @param take changes what is stored to what is true for a restored object, in a transaction with the new generation
   * @throws if the other object cannot be reached: then nothing may be served
   */
  async confirm(take: (kept: string | undefined) => void): Promise<void> {
    const { record, at } = await this.#ask();
    const { generation, kept } = record;
    const before = this.#stored;
    this.#storage.transactionSync(() => {
      const wasRestored =
        generation !== (before?.taken ?? 0) ||
        this.#restoredFiles !== (before?.restoredFiles ?? '');
      if (wasRestored && !this.#isEmpty) take(kept);
      this.#storage.kv.put<StoredGeneration>(GENERATION_KEY, {
        taken: generation,
        restoredFiles: this.#restoredFiles,
        checkedAt: at,
      });
    });
    this.#taken = generation;
  }

  /** Stores that the object is about to be restored. @param kept what has to be true afterwards */
  async begin(kept?: string): Promise<void> {
    await callRestoration(this.#env, this.#object, (stub) => stub.begin(kept));
  }

  async #ask(): Promise<Answer> {
    const at = Date.now();
    if (this.#answer === undefined || at - this.#answer.at >= GENERATION_CHECK_MS) {
      const record = await callRestoration(this.#env, this.#object, (stub) => stub.record());
      this.#answer = { record, at };
    }
    return this.#answer;
  }

  get #stored(): StoredGeneration | undefined {
    return this.#storage.kv.get<StoredGeneration>(GENERATION_KEY);
  }

  get #isEmpty(): boolean {
    return !hasTables(this.#storage.sql) && [...this.#storage.kv.list({ limit: 1 })].length === 0;
  }
}
