/**
 * Who may see what, by the policies that the hub knows, and who wants it. It is asked in this order:
 * namespace and type, which cost next to nothing; rights; and at last the filter, whose cost a subscriber
 * chooses: so an event that its principal may not see costs the hub no filter.
 */
import type { EventFacts } from '../../event/facts.ts';
import { MAX_FILTERED_CHARACTERS } from '../../event/filter/limits.ts';
import { Access } from '../../policy/access.ts';
import type { Matcher } from '../../subscription/matcher.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { JournalEntry } from '../journal/record.ts';
import type { SubscriptionClass } from '../subscribers/classes.ts';
import type { AccessCache } from './access-cache.ts';

/** A decision, in the bytes of a turn's budget: so much, for each rule that has to be looked through… */
const RULE_BYTES = 100;
/** …and for each step of a filter at a character. */
const STEP_BYTES = 5;

export class Rights {
  readonly #accesses: AccessCache;
  readonly #budget: TurnBudget;

  constructor(accesses: AccessCache, budget: TurnBudget) {
    this.#accesses = accesses;
    this.#budget = budget;
  }

  accessOf(subscriptionClass: SubscriptionClass): Access {
    const { principal } = subscriptionClass;
    if (principal === undefined) return Access.root;
    return this.#accesses.get(this.keyOf(subscriptionClass), principal);
  }

  /** Equal for classes whose holders may see the same. */
  keyOf(subscriptionClass: SubscriptionClass): string {
    const { principal } = subscriptionClass;
    subscriptionClass.accessKey ??=
      principal === undefined ? 'root' : this.#accesses.keyOf(principal);
    return subscriptionClass.accessKey;
  }

  /** Whether the principal may (still) read the path that it subscribed at. */
  maySubscribe(subscriptionClass: SubscriptionClass): boolean {
    const { pattern, namespaces } = subscriptionClass.subscription;
    return this.accessOf(subscriptionClass).allows(namespaces[0] ?? '', {
      operation: 'read',
      path: `sys/events/subscribe/${pattern}`,
    });
  }

  /** Whether an entry is for the subscribers of a class. */
  isDue(subscriptionClass: SubscriptionClass, entry: JournalEntry): boolean {
    const { matcher } = subscriptionClass;
    if (!this.concerns(matcher, entry)) return false;
    if ('gap' in entry) return true;
    return this.allow(subscriptionClass, entry.facts) && this.pass(matcher, entry.facts);
  }

  /** Whether an entry is of a namespace and type that a subscription is for. */
  concerns(matcher: Matcher, entry: JournalEntry): boolean {
    this.#budget.count(matcher.effort);
    if ('frame' in entry) return matcher.concerns(entry.facts);
    return entry.hub === undefined || matcher.touches(entry.hub);
  }

  allow(subscriptionClass: SubscriptionClass, facts: EventFacts): boolean {
    const access = this.accessOf(subscriptionClass);
    this.#budget.count(RULE_BYTES * (1 + access.effort));
    return access.mayReceive(facts).allowed;
  }

  pass({ filter }: Matcher, facts: EventFacts): boolean {
    if (filter === undefined) return true;
    if (filter.cost > 0) this.#budget.count(STEP_BYTES * filter.cost * longestSearched(facts));
    return filter.matches(facts);
  }
}

/** The length of the longest field, of those that filters search. */
function longestSearched(facts: EventFacts): number {
  const { data_path, event_type, namespace, operation, source_plugin_mount } = facts;
  return [data_path, event_type, namespace, operation, source_plugin_mount]
    .map(({ length }) => length)
    .reduce(
      (most, length) => (length > MAX_FILTERED_CHARACTERS ? most : Math.max(most, length)),
      1,
    );
}
