/** Which events match a subscription: by Vault namespace, event type and filter. Policies are not asked. */
import { eventTypeNamespaceGlob } from '../event/event-type.ts';
import type { EventFacts } from '../event/facts.ts';
import { compileFilter, type Filter } from '../event/filter/filter.ts';
import { compileGlob } from '../event/glob.ts';
import { pathOfKey, trimSlashes } from '../namespace/namespace.ts';
import type { Subscription } from './handshake.ts';

/** The event types and the Vault namespace of a hub. */
export interface HubNamespaces {
  readonly namespaceKey: string;
  readonly eventTypeNamespace: string;
}

/** What of an event decides it. */
export type CoveredFacts = Pick<EventFacts, 'namespace' | 'event_type'>;

type Matched = Pick<Subscription, 'pattern' | 'namespaces' | 'filter'>;

/** Equal for subscriptions that match the same events. */
export function matcherKey({ pattern, namespaces, filter }: Matched): string {
  return JSON.stringify([pattern, namespaces, filter]);
}

export class Matcher {
  readonly key: string;
  readonly pattern: string;
  readonly namespaces: readonly string[];
  readonly filter: Filter | undefined;
  /** The cost of the filter. */
  readonly cost: number;
  /** What it takes to match a namespace and an event type, approximately: characters that are compared. */
  readonly effort: number;
  readonly #isNamespace: readonly ((path: string) => boolean)[];
  readonly #matchesType: (eventType: string) => boolean;
  readonly #mayMatchTypeNamespace: (eventTypeNamespace: string) => boolean;

  /** @throws if the filter does not parse: the Worker has checked it before */
  constructor(matched: Matched) {
    const { pattern, namespaces, filter } = matched;
    this.key = matcherKey(matched);
    this.pattern = pattern;
    this.effort = namespaces.reduce((sum, { length }) => sum + length, pattern.length);
    this.namespaces = namespaces;
    this.#isNamespace = namespaces.map(compileGlob);
    this.#matchesType = compileGlob(pattern);
    this.#mayMatchTypeNamespace = compileGlob(eventTypeNamespaceGlob(pattern));
    const compiled = filter === '' ? undefined : compileFilter(filter);
    if (compiled?.ok === false) throw new Error(compiled.failure.message);
    this.filter = compiled?.value;
    this.cost = compiled?.value.cost ?? 0;
  }

  /** Whether the subscription is for the Vault namespace and type of an event. The filter is not asked. */
  covers(facts: CoveredFacts): boolean {
    return this.coversNamespace(facts) && this.coversType(facts);
  }

  coversNamespace({ namespace }: CoveredFacts): boolean {
    return this.#covers(trimSlashes(namespace));
  }

  coversType({ event_type }: CoveredFacts): boolean {
    return this.#matchesType(event_type);
  }

  /** Whether events of the hub may match. */
  mayMatchHub({ namespaceKey, eventTypeNamespace }: HubNamespaces): boolean {
    return this.#mayMatchTypeNamespace(eventTypeNamespace) && this.#covers(pathOfKey(namespaceKey));
  }

  #covers(namespace: string): boolean {
    return this.#isNamespace.some((matches) => matches(namespace));
  }
}
