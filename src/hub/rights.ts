/** What the classes of a hub may see, by the policies that the hub knows. */
import { Access } from '../policy/access.ts';
import type { Accesses } from './accesses.ts';
import type { SubscriptionClass } from './classes.ts';
import type { Entry } from './journal-entry.ts';
import type { Matcher } from './matcher.ts';

export class Rights {
  readonly #accesses: Accesses;

  constructor(accesses: Accesses) {
    this.#accesses = accesses;
  }

  accessOf(subscriptionClass: SubscriptionClass): Access {
    const { holder } = subscriptionClass;
    if (holder === undefined) return Access.root;
    return this.#accesses.get(this.keyOf(subscriptionClass), holder);
  }

  /** Equal for classes whose holders may see the same. */
  keyOf(subscriptionClass: SubscriptionClass): string {
    const { holder } = subscriptionClass;
    subscriptionClass.accessKey ??= holder === undefined ? 'root' : this.#accesses.keyOf(holder);
    return subscriptionClass.accessKey;
  }

  /** Whether the holder may (still) read the path that it subscribed at. */
  maySubscribe(subscriptionClass: SubscriptionClass): boolean {
    const { pattern, namespaces } = subscriptionClass.subscription;
    return this.accessOf(subscriptionClass).allows(namespaces[0] ?? '', {
      operation: 'read',
      path: `sys/events/subscribe/${pattern}`,
    });
  }

  /** Which entries are for the subscribers of a class. */
  decide(subscriptionClass: SubscriptionClass, entries: readonly Entry[]): boolean[] {
    const access = this.accessOf(subscriptionClass);
    const { matcher } = subscriptionClass;
    return entries.map((entry) => isWanted(entry, matcher) && isAllowed(entry, access));
  }
}

export function isWanted(entry: Entry, matcher: Matcher): boolean {
  if ('frame' in entry) return matcher.mismatch(entry.facts) === undefined;
  return entry.hub === undefined || matcher.touches(entry.hub);
}

export function isAllowed(entry: Entry, access: Access): boolean {
  return 'gap' in entry || access.mayReceive(entry.facts).allowed;
}
