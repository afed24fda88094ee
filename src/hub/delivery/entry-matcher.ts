/**
 * Decides which entries of the journal a class of subscribers gets. Namespace and event type are matched first, which
 * is cheap. Policies come next, and the filter last, because a subscriber chooses what its filter costs: an event
 * that it may not see costs no filter.
 */
import type { EventFacts } from '../../event/facts.ts';
import { filterSteps } from '../../event/filter/effort.ts';
import { parseHubName } from '../../objects/names.ts';
import type { Matcher } from '../../subscription/matcher.ts';
import type { Authorizer } from '../authority-sync/authorizer.ts';
import type { JournalEntry } from '../journal/record.ts';
import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import type { TurnBudget } from './turn-budget.ts';

/** What each step of a filter at a character costs, in the bytes of a turn's budget. */
const FILTER_STEP_BYTES = 5;

export class EntryMatcher {
  readonly #authorizer: Authorizer;
  readonly #budget: TurnBudget;

  constructor(authorizer: Authorizer, budget: TurnBudget) {
    this.#authorizer = authorizer;
    this.#budget = budget;
  }

  /** Whether the class gets the entry. */
  matches(subscriptionClass: SubscriptionClass, entry: JournalEntry): boolean {
    const { matcher } = subscriptionClass;
    if (!this.covers(matcher, entry)) return false;
    if ('gap' in entry) return true;
    return (
      this.#authorizer.mayReceive(subscriptionClass, entry.facts) &&
      this.passesFilter(matcher, entry.facts)
    );
  }

  /** Whether the entry has a namespace and an event type of the subscription. */
  covers(matcher: Matcher, entry: JournalEntry): boolean {
    this.#budget.count(matcher.effort);
    if ('frame' in entry) return matcher.covers(entry.facts);
    return entry.hub === undefined || matcher.mayMatchHub(parseHubName(entry.hub));
  }

  passesFilter({ filter }: Matcher, facts: EventFacts): boolean {
    if (filter === undefined) return true;
    const steps = filterSteps(filter, facts);
    if (steps > 0) this.#budget.count(FILTER_STEP_BYTES * steps);
    return filter.matches(facts);
  }
}
