/**
 * Pages of the older journal that a replica fetched from its parent, for subscribers that resume or lag. They have all events
 * that the replica wants, and those of a hub all others, too. The pages themselves are in the cache of the isolate.
 */

import { checkSlices } from '../../../objects/feed-slice.ts';
import type { HistoryPage } from '../../../objects/replica-contract.ts';
import { nextCacheNumber, readCache } from '../../journal/read-cache.ts';
import {
  MAX_HISTORY_CALLS,
  MAX_HISTORY_PAGES,
  MAX_PAGE_BYTES,
  MAX_PAGE_EVENTS,
} from '../../limits.ts';
import { CachedPage } from './cached-page.ts';

interface HistoryParts {
  /** Reads the events after a sequence from the parent. */
  history(after: number, maxEvents: number, maxBytes: number): Promise<HistoryPage>;
  /** Is told what was read after a sequence. @throws if it is of another journal */
  learn(page: HistoryPage, sequence: number): void;
}

interface KnownPage {
  readonly after: number;
  readonly through: number;
  readonly key: string;
}

export class HistoryCache {
  readonly #parts: HistoryParts;
  /** Tells its pages from those of others. */
  #number = nextCacheNumber();
  #known: KnownPage[] = [];
  /** By the sequence that they follow. */
  readonly #underWay = new Map<number, Promise<void>>();
  #calls = 0;
  readonly #waiting: (() => void)[] = [];
  /** How often more was wanted than before. */
  #renewals = 0;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  /** The page with what follows a sequence. */
  at(sequence: number): CachedPage | undefined {
    for (const { after, through, key } of this.#known) {
      if (after > sequence || through <= sequence) continue;
      const page = readCache.get(key);
      if (page instanceof CachedPage) return page;
    }
    return undefined;
  }

  /** Fetches what follows a sequence. */
  fetch(sequence: number): Promise<void> {
    const underWay = this.#underWay.get(sequence);
    if (underWay !== undefined) return underWay;
    const fetched = this.#fetch(sequence).finally(() => this.#underWay.delete(sequence));
    this.#underWay.set(sequence, fetched);
    // A failure is told to those that wait, if there are any.
    fetched.catch(() => undefined);
    return fetched;
  }

  /** The journal has begun again. */
  forget(): void {
    this.#number = nextCacheNumber();
    this.#known = [];
    this.#underWay.clear();
  }

  /** More is wanted than before: what was fetched, or is on its way, may lack that. */
  renew(): void {
    this.#known = [];
    this.#renewals++;
  }

  async #fetch(sequence: number): Promise<void> {
    if (this.#calls >= MAX_HISTORY_CALLS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#calls++;
    try {
      // One that was fetched meanwhile may have it.
      while (this.at(sequence) === undefined && !(await this.#call(sequence)));
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#calls--;
      else next();
    }
  }

  /** @returns whether the page has what is wanted now */
  async #call(sequence: number): Promise<boolean> {
    const number = this.#number;
    const renewals = this.#renewals;
    const page = await this.#parts.history(sequence, MAX_PAGE_EVENTS, MAX_PAGE_BYTES);
    if (number !== this.#number) throw new Error('the journal has begun again');
    if (page.through <= sequence) throw new Error(`the parent has nothing after ${sequence}`);
    checkSlices(page);
    this.#parts.learn(page, sequence);
    if (renewals !== this.#renewals) return false;
    const { after, through } = page;
    const key = `${number} history ${after} ${through}`;
    readCache.set(key, new CachedPage(page));
    this.#known = this.#known.filter((each) => each.key !== key).slice(1 - MAX_HISTORY_PAGES);
    this.#known.push({ after, through, key });
    return true;
  }
}
