/** Of which journal the replica has told its sockets. Stored, because sockets outlive the memory of their object. */

import type { JournalFacts } from '../../../objects/replica-contract.ts';

export const EPOCH_KEY = 'replica_epoch';

export class KnownEpoch {
  readonly #kv: DurableObjectStorage['kv'];
  #epoch: string | undefined;

  constructor(kv: DurableObjectStorage['kv']) {
    this.#kv = kv;
    this.#epoch = kv.get<string>(EPOCH_KEY);
  }

  /** The one before, if the journal is another one. */
  before({ epoch }: JournalFacts): string | undefined {
    return this.#epoch === epoch ? undefined : this.#epoch;
  }

  note({ epoch }: JournalFacts): void {
    if (this.#epoch === epoch) return;
    this.#kv.put(EPOCH_KEY, epoch);
    this.#epoch = epoch;
  }
}
