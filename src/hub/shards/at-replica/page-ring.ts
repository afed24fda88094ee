/**
 * The newest pages of the journal that a replica has in memory. They follow each other. The oldest are evicted, and all if
 * there is no room.
 */

import type { MemoryAccount } from '../../memory-budget.ts';
import type { CachedPage } from './cached-page.ts';

export class PageRing {
  readonly #memory: MemoryAccount;
  readonly #pages: CachedPage[] = [];
  #bytes = 0;

  constructor(memory: MemoryAccount) {
    this.#memory = memory;
  }

  /** The newest first. */
  get newestFirst(): Iterable<CachedPage> {
    return this.#pages.toReversed();
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The sequence that the oldest page follows; undefined if there is none. */
  get after(): number | undefined {
    return this.#pages[0]?.after;
  }

  /** @param page follows the last one */
  add(page: CachedPage): void {
    const last = this.#pages.at(-1);
    if (page.slices.length === 0 && last !== undefined) {
      last.extend(page.through);
      return;
    }
    while (!this.#memory.hasRoomFor(page.memoryBytes)) {
      if (this.#pages.length === 0) return;
      this.#evict();
    }
    this.#pages.push(page);
    this.#memory.add(page.memoryBytes);
    this.#bytes += page.bytes;
  }

  /** The page with what follows a sequence. */
  at(sequence: number): CachedPage | undefined {
    let low = 0;
    let high = this.#pages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#pages[middle]?.through ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    const page = this.#pages[low];
    return page !== undefined && page.after <= sequence ? page : undefined;
  }

  clear(): void {
    while (this.#pages.length > 0) this.#evict();
  }

  #evict(): void {
    const page = this.#pages.shift();
    this.#memory.release(page?.memoryBytes ?? 0);
    this.#bytes -= page?.bytes ?? 0;
  }
}
