/** Which destinations may want the events of a notice. Their filters and policies are not asked: they do that themselves. */

import type { EventFacts } from '../../event/facts.ts';
import { LruCache } from '../../lib/caches.ts';
import { pathOfKey, withSlash } from '../../namespace/namespace.ts';
import type { Notice } from '../../objects/destination-contract.ts';
import { parseHubName } from '../../objects/names.ts';
import type { Wanted } from '../../subscription/interest.ts';
import { Matcher } from '../../subscription/matcher.ts';

/** Names of destinations that are remembered, counted once for each event type of a hub that they want, and once for it. */
const MAX_REMEMBERED_NAMES = 100_000;

interface Compiled {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

export class Wanting {
  readonly #compiled: readonly Compiled[];
  /** By hub, or by hub and event type. */
  readonly #names = new LruCache<readonly string[]>(
    MAX_REMEMBERED_NAMES,
    (names) => names.length + 1,
  );

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
    if (types === undefined) return [...this.#ofHub(hub)];
    return [...new Set(types.flatMap((type) => this.#ofType(hub, type)))];
  }

  #ofHub(hub: string): readonly string[] {
    const namespaces = parseHubName(hub);
    return this.#names.getOrMake(hub, () =>
      this.#matching((matcher) => matcher.mayMatchHub(namespaces)),
    );
  }

  #ofType(hub: string, type: string): readonly string[] {
    const namespace = withSlash(pathOfKey(parseHubName(hub).namespaceKey));
    const facts = { ...NO_FACTS, event_type: type, namespace };
    // No name of a hub has a line feed.
    return this.#names.getOrMake(`${hub}\n${type}`, () =>
      this.#matching((matcher) => matcher.covers(facts)),
    );
  }

  #matching(matches: (matcher: Matcher) => boolean): string[] {
    return this.#compiled.filter(({ matchers }) => matchers.some(matches)).map(({ name }) => name);
  }
}

const NO_FACTS: EventFacts = {
  event_type: '',
  namespace: '',
  path: '',
  data_path: '',
  operation: '',
  source_plugin_mount: '',
};
