/**
 * What a replica wants of its hub, computed from subscriptions: event types and Vault namespaces. Filters and policies are not
 * asked. The fewer different interests there are, the more replicas share their pages, so an interest is sorted and has nothing
 * twice.
 */

import { compileGlob } from '../event/glob.ts';
import { pathOfKey, ROOT } from '../namespace/namespace.ts';
import { MAX_INTEREST_CHARACTERS, MAX_INTERESTS } from './limits.ts';
import { type CoveredFacts, type HubNamespaces, Matcher } from './matcher.ts';

/** Event types and namespaces, as in a subscription. Several are separate: an event is wanted if one covers it. */
export interface Wanted {
  /** Glob over event types. */
  readonly pattern: string;
  /** Globs over the paths of Vault namespaces. */
  readonly namespaces: readonly string[];
}

/** What a replica wants: sorted, without repetition; empty for nothing. */
export type Interest = readonly Wanted[];

const EVERYTHING: Wanted = { pattern: '*', namespaces: ['*'] };

/** Which events an interest covers. */
export interface InterestMatcher {
  /** Whether it covers all events of the hub. Then nothing has to be read of an event. */
  readonly isEverything: boolean;
  covers(facts: CoveredFacts): boolean;
  /** Whether it may cover events of a hub. */
  mayCoverHub(hub: HubNamespaces): boolean;
}

/** The interest in all that is wanted. Equal ones have the same text as JSON. If it is too large, it is everything. */
export function interestIn(all: Iterable<Wanted>): Interest {
  const byText = new Map<string, Wanted>();
  for (const { pattern, namespaces } of all) {
    const wanted = { pattern, namespaces: [...new Set(namespaces)].sort() };
    if (namespaces.length > 0) byText.set(JSON.stringify(wanted), wanted);
  }
  const characters = [...byText.keys()].reduce((sum, { length }) => sum + length, 0);
  if (byText.size > MAX_INTERESTS || characters > MAX_INTEREST_CHARACTERS) return [EVERYTHING];
  const sorted = [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, wanted]) => wanted);
  // Of two that cover each other, the first stays.
  const needed = sorted.filter(
    (each, i) =>
      !sorted.some(
        (other, j) => i !== j && covers([other], each) && (j < i || !covers([each], other)),
      ),
  );
  return needed;
}

/** Whether each event that is wanted is in the interest. May say no although it is, if several parts cover it together. */
export function covers(interest: Interest, { pattern, namespaces }: Wanted): boolean {
  const withPattern = interest.filter((each) => includesGlob(each.pattern, pattern));
  return namespaces.every((namespace) =>
    withPattern.some((each) => each.namespaces.some((known) => includesGlob(known, namespace))),
  );
}

export function isSameInterest(a: Interest, b: Interest): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** @param hub the hub of either kind that has the events */
export function matcherOf(interest: Interest, hub: HubNamespaces): InterestMatcher {
  const matchers = interest.map((wanted) => new Matcher({ ...wanted, filter: '' }));
  return {
    isEverything: covers(interest, allOf(hub)),
    covers: (facts) => matchers.some((matcher) => matcher.covers(facts)),
    mayCoverHub: (other) => matchers.some((matcher) => matcher.mayMatchHub(other)),
  };
}

/**
 * All events of a hub of either kind. If an event type is only the event-type namespace, its events come too, although
 * `kv-v2/*` does not match them: then most interests cover everything.
 */
function allOf({ namespaceKey, eventTypeNamespace }: HubNamespaces): Wanted {
  const path = pathOfKey(namespaceKey);
  if (eventTypeNamespace !== '') return { pattern: `${eventTypeNamespace}/*`, namespaces: [path] };
  return { pattern: '*', namespaces: path === ROOT ? ['*'] : [path, `${path}/*`] };
}

/** Whether each text that one glob matches is matched by another: only a wildcard matches a wildcard. */
function includesGlob(glob: string, other: string): boolean {
  return compileGlob(glob)(other);
}
