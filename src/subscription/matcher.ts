/** What a subscription says about an event, policies apart: namespace, event type, filter. */
import { namespacesOfPattern } from '../event/event-type.ts';
import type { EventFacts } from '../event/facts.ts';
import { compileFilter, type Filter } from '../event/filter/filter.ts';
import { compileGlob } from '../event/glob.ts';
import { pathOfKey, trimSlashes } from '../namespace/namespace.ts';
import { parseHubName } from '../objects/hub-name.ts';
import type { Subscription } from './handshake.ts';

type Matched = Pick<Subscription, 'pattern' | 'namespaces' | 'filter'>;

/** What a matcher is made of, as a key. */
export function matchingOf({ pattern, namespaces, filter }: Matched): string {
  return JSON.stringify([pattern, namespaces, filter]);
}

export class Matcher {
  /** What it is made of: equal for matchers that match the same. */
  readonly key: string;
  readonly pattern: string;
  readonly filter: Filter | undefined;
  /** What the filter costs. */
  readonly cost: number;
  /** What it takes to find whether an event concerns it, in characters that are compared, about. */
  readonly effort: number;
  readonly #namespaces: readonly ((path: string) => boolean)[];
  readonly #isType: (eventType: string) => boolean;
  readonly #touchesType: (eventTypeNamespace: string) => boolean;

  /** @throws where the filter does not parse: the handshake has looked at it before */
  constructor(matched: Matched) {
    const { pattern, namespaces, filter } = matched;
    this.key = matchingOf(matched);
    this.pattern = pattern;
    this.effort = namespaces.reduce((sum, { length }) => sum + length, pattern.length);
    this.#namespaces = namespaces.map(compileGlob);
    this.#isType = compileGlob(pattern);
    this.#touchesType = compileGlob(namespacesOfPattern(pattern));
    const compiled = filter === '' ? undefined : compileFilter(filter);
    if (compiled?.ok === false) throw new Error(compiled.failure.message);
    this.filter = compiled?.value;
    this.cost = compiled?.value.cost ?? 0;
  }

  /** Whether an event is of a namespace and type that the subscription is for; the filter is asked last. */
  concerns(facts: EventFacts): boolean {
    return this.coversNamespace(facts) && this.isOfType(facts);
  }

  coversNamespace({ namespace }: EventFacts): boolean {
    return this.#covers(trimSlashes(namespace));
  }

  isOfType({ event_type }: EventFacts): boolean {
    return this.#isType(event_type);
  }

  /** Whether events of the hub can match. */
  touches(hub: string): boolean {
    const { namespaceKey, eventTypeNamespace } = parseHubName(hub);
    return this.#touchesType(eventTypeNamespace) && this.#covers(pathOfKey(namespaceKey));
  }

  #covers(namespace: string): boolean {
    return this.#namespaces.some((matches) => matches(namespace));
  }
}
