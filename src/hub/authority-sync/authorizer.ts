/** What the principals of subscribers may see, by the policies that the hub knows. */
import type { EventFacts } from '../../event/facts.ts';
import { Access } from '../../policy/access.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { SubscriptionClass } from '../subscribers/subscription-classes.ts';
import type { AccessCache } from './access-cache.ts';

/** What each policy rule that is looked at costs, in the bytes of a turn's budget. */
const RULE_BYTES = 100;

export class Authorizer {
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

  /** Classes whose principals have equal rights have equal keys. A changed policy changes the key. */
  keyOf(subscriptionClass: SubscriptionClass): string {
    const { principal } = subscriptionClass;
    subscriptionClass.accessKey ??=
      principal === undefined ? 'root' : this.#accesses.keyOf(principal);
    return subscriptionClass.accessKey;
  }

  /** Whether the principal may read the path of its subscription. */
  maySubscribe(subscriptionClass: SubscriptionClass): boolean {
    const { pattern, namespaces } = subscriptionClass.subscription;
    return this.accessOf(subscriptionClass).allows(namespaces[0] ?? '', {
      operation: 'read',
      path: `sys/events/subscribe/${pattern}`,
    });
  }

  mayReceive(subscriptionClass: SubscriptionClass, facts: EventFacts): boolean {
    const access = this.accessOf(subscriptionClass);
    this.#budget.count(RULE_BYTES * (1 + access.effort));
    return access.mayReceive(facts).allowed;
  }
}
