/**
 * What the destinations of the hub's own Vault namespace, and of each namespace above, want of the hub. Their dispatchers
 * announce it, and the answers to registrations repeat it.
 */

import { ancestorsOf, pathOfKey } from '../../namespace/namespace.ts';
import type { Announcement } from '../../objects/announcement.ts';
import { nameForOperators, parseHubName } from '../../objects/names.ts';
import { type InterestMatcher, interestIn, matcherOf } from '../../subscription/interest.ts';
import { MAX_NOTICE_TYPES } from '../limits.ts';

export const ANNOUNCEMENTS_KEY = 'announcements';

/** By the key of the Vault namespace of the dispatcher. */
type Stored = Readonly<Record<string, Announcement>>;

export class Announcements {
  readonly #kv: Pick<DurableObjectStorage['kv'], 'get' | 'put'>;
  readonly #hub: string;
  /** Read once: every publish asks for it. */
  #stored: Stored | undefined;
  #matchers: ReadonlyMap<string, InterestMatcher> | undefined;
  /** Whether somebody wants the events of a type: the types that were asked for last. */
  readonly #known = new Map<string, boolean>();

  /** @param hub the name of the hub */
  constructor(kv: Pick<DurableObjectStorage['kv'], 'get' | 'put'>, hub: string) {
    this.#kv = kv;
    this.#hub = hub;
  }

  /** Whether nobody wants events of this hub. */
  get isEmpty(): boolean {
    return this.#wanting.size === 0;
  }

  /**
   * The announcement with the highest version counts. Of its interest, what may cover events of this hub is stored.
   *
   * @param dispatcher the key of its Vault namespace
   * @throws if that is neither the namespace of this hub nor one above
   */
  accept(dispatcher: string, { version, interest }: Announcement): void {
    const { namespaceKey } = parseHubName(this.#hub);
    if (dispatcher !== namespaceKey && !ancestorsOf(namespaceKey).includes(dispatcher)) {
      throw new Error(
        `${nameForOperators(this.#hub)} has no events for destinations of the namespace "${pathOfKey(dispatcher)}"; only those of its own namespace and of the namespaces above can want them`,
      );
    }
    const known = this.#all[dispatcher];
    if (known !== undefined && version <= known.version) return;
    const ofThisHub = interestIn(interest).filter((wanted) => this.#mayCover([wanted]));
    this.#stored = { ...this.#all, [dispatcher]: { version, interest: ofThisHub } };
    this.#matchers = undefined;
    this.#known.clear();
    this.#kv.put(ANNOUNCEMENTS_KEY, this.#stored);
  }

  /** Whether somebody wants the events of a type. */
  wants(type: string): boolean {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    const isWanted = this.#dispatchersOf(type).length > 0;
    if (this.#known.size >= MAX_NOTICE_TYPES) this.#known.clear();
    this.#known.set(type, isWanted);
    return isWanted;
  }

  /** The keys of the namespaces whose destinations want events of these types. @param types undefined for any */
  wantingAny(types: readonly string[] | undefined): string[] {
    if (types === undefined) return [...this.#wanting.keys()];
    return [...new Set(types.flatMap((type) => this.#dispatchersOf(type)))];
  }

  #dispatchersOf(type: string): string[] {
    const { namespaceKey } = parseHubName(this.#hub);
    const facts = { event_type: type, namespace: pathOfKey(namespaceKey) };
    return [...this.#wanting].flatMap(([key, { covers }]) => (covers(facts) ? [key] : []));
  }

  #mayCover(interest: Announcement['interest']): boolean {
    const hub = parseHubName(this.#hub);
    return matcherOf(interest, hub).mayCoverHub(hub);
  }

  get #wanting(): ReadonlyMap<string, InterestMatcher> {
    this.#matchers ??= new Map(
      Object.entries(this.#all).flatMap(([key, { interest }]) =>
        interest.length === 0 ? [] : [[key, matcherOf(interest, parseHubName(this.#hub))]],
      ),
    );
    return this.#matchers;
  }

  get #all(): Stored {
    this.#stored ??= this.#kv.get<Stored>(ANNOUNCEMENTS_KEY) ?? {};
    return this.#stored;
  }
}
