/**
 * What the parent was told last. Stored, because a page that follows what was wanted before may still be on its way when the
 * replica has forgotten everything.
 */

import type { InterestRequest } from '../../../objects/replica-contract.ts';
import { isSameInterest } from '../../../subscription/interest.ts';

export const TOLD_KEY = 'replica_interest';

export class ToldInterest {
  readonly #kv: DurableObjectStorage['kv'];
  #told: InterestRequest | undefined;

  constructor(kv: DurableObjectStorage['kv']) {
    this.#kv = kv;
    this.#told = kv.get<InterestRequest>(TOLD_KEY);
  }

  /** Pages of this version and of later ones cover what is wanted. */
  get version(): number {
    return this.#told?.version ?? 0;
  }

  note(request: InterestRequest): void {
    if (this.#told !== undefined && isSameInterest(request.interest, this.#told.interest)) return;
    this.#kv.put(TOLD_KEY, request);
    this.#told = request;
  }
}
