/**
 * Which of some entries are for which classes. A class is asked by its rights before its filter: rights are
 * decided once for all who may see the same, a filter once for all who have it, and neither before it is needed.
 */

import type { Matcher } from '../../subscription/matcher.ts';
import type { Rights } from '../authority-sync/rights.ts';
import type { JournalEntry } from '../journal/record.ts';
import type { SubscriptionClass } from '../subscribers/classes.ts';

/** By entry: 0 where nothing was decided yet. */
type Decided = Uint8Array;

const NO = 1;
const YES = 2;

export class Decisions {
  readonly #entries: readonly JournalEntry[];
  readonly #rights: Rights;
  readonly #allowed = new Map<string, Decided>();
  readonly #passing = new Map<Matcher, Decided>();

  constructor(entries: readonly JournalEntry[], rights: Rights) {
    this.#entries = entries;
    this.#rights = rights;
  }

  /** Whether an entry whose namespace and type a class wants is for it. */
  isDue(subscriptionClass: SubscriptionClass, index: number): boolean {
    const entry = this.#entries[index];
    if (entry === undefined) return false;
    if ('gap' in entry) return true;
    const { matcher } = subscriptionClass;
    return (
      this.#once(this.#allowed, this.#rights.keyOf(subscriptionClass), index, () =>
        this.#rights.allow(subscriptionClass, entry.facts),
      ) && this.#once(this.#passing, matcher, index, () => this.#rights.pass(matcher, entry.facts))
    );
  }

  #once<K>(decisions: Map<K, Decided>, key: K, index: number, decide: () => boolean): boolean {
    let decided = decisions.get(key);
    if (decided === undefined) {
      decided = new Uint8Array(this.#entries.length);
      decisions.set(key, decided);
    }
    if (!decided[index]) decided[index] = decide() ? YES : NO;
    return decided[index] === YES;
  }
}
