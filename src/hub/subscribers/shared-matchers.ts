/**
 * The matchers of a hub. Classes with equal subscriptions share one, so an event is matched once for all of them, and a
 * filter costs once.
 */

import type { EventFacts } from '../../event/facts.ts';
import type { Subscription } from '../../subscription/handshake.ts';
import { Matcher, matcherKey } from '../../subscription/matcher.ts';
import { MatcherIndex } from '../../subscription/matcher-index.ts';

export class SharedMatchers<Class extends { readonly matcher: Matcher }> {
  readonly #matchers = new Map<
    string,
    { readonly matcher: Matcher; readonly classes: Set<Class> }
  >();
  readonly #index = new MatcherIndex();
  #filterCost = 0;

  all(): Matcher[] {
    return Array.from(this.#matchers.values(), ({ matcher }) => matcher);
  }

  /** The matchers that may match an event. */
  candidates(facts: EventFacts): Matcher[] {
    return this.#index.candidates(facts);
  }

  /** What all filters cost together. */
  get filterCost(): number {
    return this.#filterCost;
  }

  has({ key }: Matcher): boolean {
    return this.#matchers.has(key);
  }

  /** The matcher that the classes of a subscription share; a new one if there are none. */
  of(subscription: Subscription): Matcher {
    return this.#matchers.get(matcherKey(subscription))?.matcher ?? new Matcher(subscription);
  }

  /** The classes that share a matcher. */
  classesOf({ key }: Matcher): Iterable<Class> {
    return this.#matchers.get(key)?.classes ?? [];
  }

  add(subscriptionClass: Class): void {
    const { matcher } = subscriptionClass;
    const shared = this.#matchers.get(matcher.key);
    if (shared !== undefined) {
      shared.classes.add(subscriptionClass);
      return;
    }
    this.#matchers.set(matcher.key, { matcher, classes: new Set([subscriptionClass]) });
    this.#index.add(matcher);
    this.#filterCost += matcher.cost;
  }

  delete(subscriptionClass: Class): void {
    const { matcher } = subscriptionClass;
    const shared = this.#matchers.get(matcher.key);
    shared?.classes.delete(subscriptionClass);
    if (shared?.classes.size !== 0) return;
    this.#matchers.delete(matcher.key);
    this.#index.delete(shared.matcher);
    this.#filterCost -= matcher.cost;
  }
}
