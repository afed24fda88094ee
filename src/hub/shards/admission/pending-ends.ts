/**
 * What a shard has to tell its head of stock sockets that have ended. It is stored if the head cannot be reached. What is
 * beyond the limit is forgotten: the head then takes the sockets for open, and lets their clients have events again.
 */

import type { EndedReturns } from '../../../objects/replica-contract.ts';
import { MAX_CUTS_PER_RETURN, MAX_ENDS_PER_CALL, MAX_PENDING_ENDS } from '../../limits.ts';

export const PENDING_ENDS_KEY = 'pending_ends';

interface End {
  lost: number;
  cuts: readonly number[];
}

export class PendingEnds {
  readonly #kv: DurableObjectStorage['kv'];
  readonly #countOf: (key: string) => number;
  /** Undefined until they were read. */
  #ends: Map<string, End> | undefined;
  #areStored = false;

  /** @param countOf how many sockets with a key are open */
  constructor(kv: DurableObjectStorage['kv'], countOf: (key: string) => number) {
    this.#kv = kv;
    this.#countOf = countOf;
  }

  get size(): number {
    return this.#read().size;
  }

  add(key: string, lost: number, cuts: readonly number[]): void {
    const ends = this.#read();
    const end = ends.get(key);
    if (end === undefined) {
      if (ends.size < MAX_PENDING_ENDS) ends.set(key, { lost, cuts });
      return;
    }
    end.lost += lost;
    end.cuts = [...end.cuts, ...cuts].toSorted((a, b) => a - b).slice(0, MAX_CUTS_PER_RETURN);
  }

  /** As many as fit into a call. Those of which the head need not know are left out. */
  take(): EndedReturns[] {
    const taken: EndedReturns[] = [];
    const ends = this.#read();
    for (const [key, end] of ends) {
      if (taken.length === MAX_ENDS_PER_CALL) break;
      ends.delete(key);
      const open = this.#countOf(key);
      if (open === 0 || end.lost > 0) taken.push({ key, open, ...end });
    }
    return taken;
  }

  /** The head knows those that were taken. */
  reported(): void {
    if (this.#areStored) this.store();
  }

  /** The head could not be told. */
  putBack(taken: readonly EndedReturns[]): void {
    for (const { key, lost, cuts } of taken) this.add(key, lost, cuts);
  }

  store(): void {
    const ends = this.#read();
    this.#areStored = ends.size > 0;
    if (this.#areStored) this.#kv.put(PENDING_ENDS_KEY, [...ends]);
    else this.#kv.delete(PENDING_ENDS_KEY);
  }

  #read(): Map<string, End> {
    if (this.#ends === undefined) {
      const stored = this.#kv.get<[string, End][]>(PENDING_ENDS_KEY);
      this.#areStored = stored !== undefined;
      this.#ends = new Map(stored);
    }
    return this.#ends;
  }
}
