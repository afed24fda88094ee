/** Compiled policies of the hub's subscribers. The cache empties itself when a policy has changed. */

import { LruCache } from '../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { Access } from '../../policy/access.ts';
import { keyOfPolicies, type PolicySet, parsePolicies } from '../../policy/policy-set.ts';
import type { Principal } from '../../subscription/handshake.ts';
import { MAX_CACHED_ACCESSES } from '../limits.ts';
import type { MemoryAccount } from '../memory-budget.ts';
import type { PolicyTexts } from './policy-texts.ts';

export class AccessCache {
  readonly #texts: PolicyTexts;
  readonly #classes: { accessKeys(): ReadonlySet<string> };
  readonly #memory: MemoryAccount;
  /** The generation of the texts that the caches are made of. */
  #generation = 0;
  readonly #policySets = new LruCache<PolicySet>(MAX_CACHED_LOOKUPS);
  /** By key. An event asks for all of them, so an LRU cache that is too small would never hit. */
  readonly #accesses = new Map<string, Access>();
  /** Misses of a full cache since unused entries were last deleted. */
  #missesWhenFull = MAX_CACHED_ACCESSES;

  /**
   * @param classes of the hub's subscribers, which know the keys that are in use
   * @param memory that the hub has for them
   */
  constructor(
    texts: PolicyTexts,
    classes: { accessKeys(): ReadonlySet<string> },
    memory: MemoryAccount,
  ) {
    this.#texts = texts;
    this.#classes = classes;
    this.#memory = memory;
  }

  /** Equal for principals that may see the same, until a policy changes. */
  keyOf(principal: Principal): string {
    return keyOfPolicies(this.#policySetOf(principal), principal.identity);
  }

  /** @param key of the principal */
  get(key: string, principal: Principal): Access {
    this.#clearIfChanged();
    const known = this.#accesses.get(key);
    if (known !== undefined) return known;
    const { authority, identity } = principal;
    const { names, texts } = this.#policySetOf(principal);
    const access = new Access(pathOfKey(authority), parsePolicies(names, texts), identity);
    const isFull = () =>
      this.#accesses.size >= MAX_CACHED_ACCESSES || !this.#memory.hasRoomFor(access.memoryBytes);
    if (isFull()) this.#deleteUnused();
    if (!isFull()) {
      this.#accesses.set(key, access);
      this.#memory.add(access.memoryBytes);
    }
    return access;
  }

  #clearIfChanged(): void {
    const { generation } = this.#texts;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#policySets.clear();
    this.#accesses.clear();
    this.#memory.release(this.#memory.bytes);
  }

  /**
   * Deletes the entries of subscribers that have left, so that one that reconnects again and again does not fill the
   * cache. This looks at all subscribers, so it is not done at each miss.
   */
  #deleteUnused(): void {
    if (++this.#missesWhenFull < MAX_CACHED_ACCESSES) return;
    this.#missesWhenFull = 0;
    const inUse = this.#classes.accessKeys();
    for (const [key, { memoryBytes }] of this.#accesses) {
      if (inUse.has(key)) continue;
      this.#accesses.delete(key);
      this.#memory.release(memoryBytes);
    }
  }

  #policySetOf({ authority, policies: names }: Principal): PolicySet {
    this.#clearIfChanged();
    return this.#policySets.getOrMake(JSON.stringify([authority, names]), () => {
      const texts = names.map((name) => this.#texts.get(authority, name));
      return { authority, names, texts: texts.filter((text) => text !== undefined) };
    });
  }
}
