/**
 * Remembers during a delivery which classes get which entries. Policies are decided once for all classes that may see
 * the same, a filter once for all classes that have it, and neither before it is needed.
 */

import type { Matcher } from '../../subscription/matcher.ts';
import type { Authorizer } from '../authority-sync/authorizer.ts';
import type { JournalEntry } from '../journal/record.ts';
import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import type { EntryMatcher } from './entry-matcher.ts';

/** By the index of the entry: 0 if it is not decided yet. */
type Decisions = Uint8Array;

const NO = 1;
const YES = 2;

export class DecisionCache {
  readonly #entries: readonly JournalEntry[];
  readonly #authorizer: Authorizer;
  readonly #matcher: EntryMatcher;
  readonly #allowed = new Map<string, Decisions>();
  readonly #passing = new Map<Matcher, Decisions>();

  constructor(entries: readonly JournalEntry[], authorizer: Authorizer, matcher: EntryMatcher) {
    this.#entries = entries;
    this.#authorizer = authorizer;
    this.#matcher = matcher;
  }

  /** Whether a class gets an entry that has a namespace and an event type of its subscription. */
  isAllowed(subscriptionClass: SubscriptionClass, index: number): boolean {
    const entry = this.#entries[index];
    if (entry === undefined) return false;
    if ('gap' in entry) return true;
    const { matcher } = subscriptionClass;
    return (
      this.#once(this.#allowed, this.#authorizer.keyOf(subscriptionClass), index, () =>
        this.#authorizer.mayReceive(subscriptionClass, entry.facts),
      ) &&
      this.#once(this.#passing, matcher, index, () =>
        this.#matcher.passesFilter(matcher, entry.facts),
      )
    );
  }

  #once<K>(cache: Map<K, Decisions>, key: K, index: number, decide: () => boolean): boolean {
    let decisions = cache.get(key);
    if (decisions === undefined) {
      decisions = new Uint8Array(this.#entries.length);
      cache.set(key, decisions);
    }
    if (!decisions[index]) decisions[index] = decide() ? YES : NO;
    return decisions[index] === YES;
  }
}
