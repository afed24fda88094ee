/**
 * The generation of an object: how often its storage was replaced by an earlier state of itself. A restored object has to
 * take the next one before it serves anything, and cannot know by what it stores that it was restored. So another object
 * knows (`restoration-contract.ts`), and this one asks it when it starts.
 *
 * An object that asked a short time ago does not ask again. A restore to a state of that time is refused
 * (`MIN_RESTORE_AGE_MS`), so a restored object always asks.
 *
 * A restore can fail after the other object was told, and this one can stop before the platform was asked. So it stores the
 * attempt first. A restored state lacks it. If it is there, nothing was restored: the object only takes the number.
 *
 * The local server cannot restore objects. Its operator replaces files, and says so with `carillon dev --restored`:
 * then the variable that is passed here has another value.
 */

import { logError } from '../lib/log.ts';
import { GENERATION_CHECK_MS } from './limits.ts';
import { hasTables } from './migrations.ts';
import { restorationForOperators } from './names.ts';
import type { RestorationRecord } from './restoration-contract.ts';
import { storageFailureOf } from './storage-failure.ts';
import { callRestoration, restorationObjectId } from './stubs.ts';

const GENERATION_KEY = 'generation';

/** Attempts at a restore that an object remembers. Several may be under way. */
const MAX_ATTEMPTS = 10;

interface StoredGeneration {
  /** The last one that the object has taken. */
  readonly taken: number;
  /** The one that it took when it was restored last; the last one if it is missing. */
  readonly restored?: number;
  /** The value of the variable then; empty if there was none. */
  readonly restoredFiles: string;
  /** When the object last asked, in Unix milliseconds. */
  readonly checkedAt: number;
  /** Restores that were begun in this state. */
  readonly attempts?: readonly string[];
}

interface Answer {
  readonly record: RestorationRecord;
  /** Unix milliseconds. */
  readonly at: number;
}

/** What a hub needs to know of it. */
export type RestoreRecord = Pick<Generation, 'isConfirmed' | 'confirm' | 'begin'>;

export class Generation {
  readonly #env: Env;
  readonly #storage: DurableObjectStorage;
  readonly #object: string;
  readonly #restoredFiles: string;
  /** The last answer. An object that has deleted everything does not ask again. */
  #answer: Answer | undefined;
  /** Read once. */
  #restored: number | undefined;

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

  /** The one that the object took when it was restored last. A restore that failed does not change it. */
  get restored(): number {
    this.#restored ??= restoredOf(this.#stored);
    return this.#restored;
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
    const { generation, attempt = '', kept } = record;
    const restoredFiles = this.#restoredFiles;
    this.#storage.transactionSync(() => {
      const before = this.#stored;
      const isOther = generation !== (before?.taken ?? 0) && !before?.attempts?.includes(attempt);
      const wasRestored = isOther || restoredFiles !== (before?.restoredFiles ?? '');
      if (wasRestored && !this.#isEmpty) take(kept);
      const restored = isOther ? generation : restoredOf(before);
      this.#store({ taken: generation, restored, restoredFiles, checkedAt: at });
    });
  }

  /** Whether a restore of the object was ever begun. Stores nothing. */
  async wasEverBegun(): Promise<boolean> {
    return (await this.#ask()).record.generation > 0;
  }

  /** Stores that the object is about to be restored. @param kept what has to be true afterwards */
  async begin(kept?: string): Promise<void> {
    const attempt = crypto.randomUUID();
    this.#storeAttempt(attempt);
    await callRestoration(this.#env, this.#object, (stub) => stub.begin(attempt, kept));
    // The next question has another answer.
    this.#answer = undefined;
  }

  #storeAttempt(attempt: string): void {
    try {
      const before = this.#stored ?? { taken: 0, restoredFiles: this.#restoredFiles, checkedAt: 0 };
      const attempts = [...(before.attempts ?? []), attempt].slice(-MAX_ATTEMPTS);
      this.#store({ ...before, attempts });
    } catch (error) {
      // A damaged storage is restored nevertheless.
      logError('an attempt at a restore cannot be stored', error);
    }
  }

  #store(generation: StoredGeneration): void {
    this.#storage.kv.put<StoredGeneration>(GENERATION_KEY, generation);
    this.#restored = undefined;
  }

  async #ask(): Promise<Answer> {
    const at = Date.now();
    if (this.#answer === undefined || at - this.#answer.at >= GENERATION_CHECK_MS) {
      this.#answer = { record: await this.#record(), at };
    }
    return this.#answer;
  }

  async #record(): Promise<RestorationRecord> {
    try {
      return await callRestoration(this.#env, this.#object, (stub) => stub.record());
    } catch (error) {
      if (storageFailureOf(error) !== undefined) {
        const id = restorationObjectId(this.#env, this.#object);
        logError(`${restorationForOperators(this.#object)} is the object ${id}`, error);
      }
      throw error;
    }
  }

  get #stored(): StoredGeneration | undefined {
    return this.#storage.kv.get<StoredGeneration>(GENERATION_KEY);
  }

  get #isEmpty(): boolean {
    return !hasTables(this.#storage.sql) && [...this.#storage.kv.list({ limit: 1 })].length === 0;
  }
}

function restoredOf(stored: StoredGeneration | undefined): number {
  return stored?.restored ?? stored?.taken ?? 0;
}
