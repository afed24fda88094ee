/**
 * The wildcard hubs that have sent a feed request to a hub: the newest request of each, which is stored, and how far
 * each has the journal.
 */

import { FEED_FORMAT, type FeedRequest } from '../../../objects/hub-contract.ts';

export const FEED_REQUESTS_KEY = 'feed_requests';

/** By the name of the wildcard hub. */
type Requests = Readonly<Record<string, FeedRequest>>;

export interface FeedTarget {
  /** The last sequence that the wildcard hub has; undefined if it has not told yet. */
  taken: number | undefined;
  /** The feed that is under way. */
  call: Promise<void> | undefined;
}

export class FeedTargets {
  readonly #kv: DurableObjectStorage['kv'];
  readonly #targets = new Map<string, FeedTarget>();
  /** Read once: every publish asks for it. */
  #requests: Requests | undefined;

  constructor({ kv }: DurableObjectStorage) {
    this.#kv = kv;
  }

  get isFeeding(): boolean {
    return [...this.#targets.values()].some(({ call }) => call !== undefined);
  }

  /** The names of the wildcard hubs that want the events of this hub. */
  wanting(): string[] {
    return Object.entries(this.#stored())
      .filter(([, { wanted }]) => wanted)
      .map(([name]) => name);
  }

  wants(name: string): boolean {
    return this.#stored()[name]?.wanted === true;
  }

  /** The version of the newest request of a wildcard hub; 0 for none. */
  versionOf(name: string): number {
    return this.#stored()[name]?.version ?? 0;
  }

  /** The format of what is fed to a wildcard hub: the newest that it reads. */
  formatFor(name: string): number {
    return Math.min(FEED_FORMAT, this.#stored()[name]?.maxFormat ?? 1);
  }

  /** How many records the wildcard hub lacks that is furthest behind, as far as that is known. */
  lag(lastOfJournal: () => number): number {
    const taken = this.wanting().flatMap((name) => this.#targets.get(name)?.taken ?? []);
    return taken.reduce((most, each) => Math.max(most, lastOfJournal() - each), 0);
  }

  of(name: string): FeedTarget {
    let target = this.#targets.get(name);
    if (target === undefined) {
      target = { taken: undefined, call: undefined };
      this.#targets.set(name, target);
    }
    return target;
  }

  /** The newest request counts, also if it arrives before the answer to the registration. */
  accept(name: string, request: FeedRequest): void {
    const requests = this.#stored();
    const known = requests[name];
    if (known !== undefined && request.version <= known.version) return;
    this.#store({ ...requests, [name]: request });
    // Between two requests, what it has may have changed.
    this.of(name).taken = undefined;
  }

  forget(name: string): void {
    const { [name]: _, ...others } = this.#stored();
    this.#store(others);
  }

  forgetAll(): void {
    this.#store({});
  }

  #stored(): Requests {
    this.#requests ??= this.#kv.get<Requests>(FEED_REQUESTS_KEY) ?? {};
    return this.#requests;
  }

  #store(requests: Requests): void {
    this.#requests = requests;
    this.#kv.put(FEED_REQUESTS_KEY, requests);
  }
}
