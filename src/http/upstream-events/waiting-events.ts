/**
 * The writes whose events are not stored yet. Each token has a fair share of them: otherwise one that keeps its requests
 * open could make the events of all others be lost.
 */

import { isWithinShare } from '../../lib/fair-share.ts';

export class WaitingEvents {
  readonly #total: number;
  readonly #held = new Map<string, number>();
  #taken = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** @returns whether there was room */
  add(token: string): boolean {
    const held = this.#held.get(token) ?? 0;
    if (!isWithinShare(1, this.#taken, this.#total, () => held)) return false;
    this.#taken++;
    this.#held.set(token, held + 1);
    return true;
  }

  remove(token: string): void {
    this.#taken--;
    const left = (this.#held.get(token) ?? 0) - 1;
    if (left > 0) this.#held.set(token, left);
    else this.#held.delete(token);
  }
}
