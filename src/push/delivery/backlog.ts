/**
 * Batches that were begun and are not settled, while nothing of them is in memory. It is stored if one of them has failed: so
 * attempts are counted on after the object slept, and batches that were delivered after one that failed are not sent again.
 */

/** A batch: the events of a source that follow the batch before, or its stored position. */
export interface PlannedBatch {
  readonly epoch: string;
  /** The sequence up to which it goes. */
  readonly through: number;
  /** It was delivered or given up, and one before it was not. */
  readonly isSettled: boolean;
  readonly attempts: number;
  /** When the first of them began. Unix milliseconds. */
  readonly firstAt: number;
  /** Not before this time again; 0 if it has not failed. Unix milliseconds. */
  readonly retryAt: number;
}

/** By source, in order. */
export type Plans = ReadonlyMap<string, readonly PlannedBatch[]>;

/** The entry with the plans. */
const BACKLOG_KEY = 'backlog';

export class Backlog {
  readonly #kv: DurableObjectStorage['kv'];
  #plans: Plans;
  #isStored: boolean;

  constructor(kv: DurableObjectStorage['kv']) {
    this.#kv = kv;
    const stored = kv.get<Plans>(BACKLOG_KEY);
    this.#plans = stored ?? new Map();
    this.#isStored = stored !== undefined;
  }

  /** What is not in memory. */
  get plans(): Plans {
    return this.#plans;
  }

  /** What is begun is not in memory any more. Nothing is stored. */
  park(plans: Plans): void {
    this.#plans = plans;
  }

  /** The batches of a source are in memory again. */
  take(source: string): readonly PlannedBatch[] {
    const plan = this.#plans.get(source) ?? [];
    this.#plans = new Map([...this.#plans].filter(([other]) => other !== source));
    return plan;
  }

  /** Stores all that is begun, if some of it has failed. One row, and none if nothing has. @param plans what is in memory, too */
  store(plans: Plans): void {
    const hasFailed = [...plans.values()].some((plan) => plan.some(({ retryAt }) => retryAt > 0));
    if (hasFailed) this.#kv.put(BACKLOG_KEY, plans);
    else if (this.#isStored) this.#kv.delete(BACKLOG_KEY);
    this.#isStored = hasFailed;
  }

  clear(): void {
    this.#plans = new Map();
    this.store(this.#plans);
  }
}
