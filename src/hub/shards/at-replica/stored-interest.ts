/**
 * What the parent was told last. Stored, because a page that follows what was wanted before may still be on its way when the
 * replica has forgotten everything.
 */

import type { InterestRequest } from '../../../objects/replica-contract.ts';
import { isSameInterest } from '../../../subscription/interest.ts';

export const INTEREST_KEY = 'replica_interest';

export class StoredInterest {
  readonly #kv: DurableObjectStorage['kv'];
  #request: InterestRequest | undefined;

  constructor(kv: DurableObjectStorage['kv']) {
    this.#kv = kv;
    this.#request = kv.get<InterestRequest>(INTEREST_KEY);
  }

  /** Pages of this version and of later ones cover what is wanted. */
  get version(): number {
    return this.#request?.version ?? 0;
  }

  /** Whether nothing is wanted. Then the parent has forgotten the replica. */
  get isNothing(): boolean {
    return this.#request?.interest.length === 0;
  }

  note(request: InterestRequest): void {
    if (this.#request !== undefined && isSameInterest(request.interest, this.#request.interest))
      return;
    this.#kv.put(INTEREST_KEY, request);
    this.#request = request;
  }
}
