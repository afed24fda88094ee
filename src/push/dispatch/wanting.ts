/** Which destinations may want the events of a notice. Their filters and policies are not asked: they do that themselves. */

import { LruCache } from '../../lib/caches.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import type { Notice } from '../../objects/destination-contract.ts';
import { parseHubName } from '../../objects/names.ts';
import type { Wanted } from '../../subscription/interest.ts';
import { Matcher } from '../../subscription/matcher.ts';
import { MAX_REMEMBERED_MATCHES } from './limits.ts';

interface Compiled {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

export class Wanting {
  readonly #compiled: readonly Compiled[];
  /** By hub: those that may want something of it. */
  readonly #ofHubs = new LruCache<readonly Compiled[]>(MAX_REMEMBERED_MATCHES, sizeOf);
  /** By hub and event type. */
  readonly #ofTypes = new LruCache<readonly Compiled[]>(MAX_REMEMBERED_MATCHES, sizeOf);

  constructor(
    destinations: Iterable<{ readonly name: string; readonly wanted: readonly Wanted[] }>,
  ) {
    this.#compiled = Array.from(destinations, ({ name, wanted }) => ({
      name,
      matchers: wanted.map((each) => new Matcher({ ...each, filter: '' })),
    }));
  }

  /** The names of those that may want something of it. */
  of({ hub, types }: Pick<Notice, 'hub' | 'types'>): string[] {
    const ofHub = this.#ofHub(hub);
    if (types === undefined) return ofHub.map(({ name }) => name);
    const names = new Set<string>();
    for (const type of types) {
      for (const { name } of this.#ofType(hub, type, ofHub)) names.add(name);
    }
    return [...names];
  }

  #ofHub(hub: string): readonly Compiled[] {
    return this.#ofHubs.getOrMake(hub, () => {
      const namespaces = parseHubName(hub);
      return matching(this.#compiled, (matcher) => matcher.mayMatchHub(namespaces));
    });
  }

  #ofType(hub: string, type: string, ofHub: readonly Compiled[]): readonly Compiled[] {
    // No name of a hub has a line feed.
    return this.#ofTypes.getOrMake(`${hub}\n${type}`, () => {
      const facts = { event_type: type, namespace: pathOfKey(parseHubName(hub).namespaceKey) };
      return matching(ofHub, (matcher) => matcher.covers(facts));
    });
  }
}

function matching(
  all: readonly Compiled[],
  matches: (matcher: Matcher) => boolean,
): readonly Compiled[] {
  return all.filter(({ matchers }) => matchers.some(matches));
}

function sizeOf(destinations: readonly Compiled[]): number {
  return destinations.length + 1;
}
