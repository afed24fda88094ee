/** The policies of a hub's subscribers, as their authorities wrote them, and what follows from them. */

import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import { LruCache } from '../../lib/lru-cache.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { Access } from '../../policy/access.ts';
import {
  keyOfPolicies,
  type PolicySet,
  type PolicyText,
  parsePolicies,
} from '../../policy/policy-set.ts';
import type { Principal } from '../../subscription/handshake.ts';
import { MAX_CACHED_ACCESSES } from '../limits.ts';

export class PolicyCache {
  readonly #sql: SqlStorage;
  /** By authority and names; few change, and what is still needed is read again. */
  readonly #sets = new LruCache<PolicySet>(MAX_CACHED_LOOKUPS);
  /** By key. All are gone through for each event, so if there are too many, the same ones stay. */
  readonly #accesses = new Map<string, Access>();
  readonly #keysInUse: () => ReadonlySet<string>;
  /** How many found no room since those that nobody uses were last let go of. */
  #misses = MAX_CACHED_ACCESSES;

  /** @param keysInUse those of the subscribers that there are */
  constructor(sql: SqlStorage, keysInUse: () => ReadonlySet<string>) {
    this.#sql = sql;
    this.#keysInUse = keysInUse;
  }

  /** @returns whether this is another text than before */
  setPolicy(authority: string, name: string, text: PolicyText | undefined): boolean {
    if (text?.version === this.#text(authority, name)?.version) return false;
    if (text === undefined) {
      this.#sql.exec('DELETE FROM policy_texts WHERE authority = ? AND name = ?', authority, name);
    } else {
      this.#sql.exec(
        'INSERT OR REPLACE INTO policy_texts (authority, name, version, text) VALUES (?, ?, ?, ?)',
        authority,
        name,
        text.version,
        text.text,
      );
    }
    this.#sets.clear();
    this.#accesses.clear();
    return true;
  }

  /** Forgets what an authority wrote. */
  drop(authority: string): void {
    this.#sql.exec('DELETE FROM policy_texts WHERE authority = ?', authority);
    this.#sets.clear();
    this.#accesses.clear();
  }

  /** The same for all holders who may see the same, until a policy changes. */
  keyOf(holder: Principal): string {
    return keyOfPolicies(this.#setOf(holder), holder.identity);
  }

  /** @param key that of the holder */
  get(key: string, holder: Principal): Access {
    const known = this.#accesses.get(key);
    if (known !== undefined) return known;
    const { authority, identity } = holder;
    const { names, texts } = this.#setOf(holder);
    const access = new Access(pathOfKey(authority), parsePolicies(names, texts), identity);
    if (this.#accesses.size >= MAX_CACHED_ACCESSES) this.#missed();
    if (this.#accesses.size < MAX_CACHED_ACCESSES) this.#accesses.set(key, access);
    return access;
  }

  /**
   * There is no room for one. Those of subscribers who have left go, so that nobody who comes and leaves again
   * and again keeps the others from it; not each time, because all subscribers are looked at for that.
   */
  #missed(): void {
    if (++this.#misses < MAX_CACHED_ACCESSES) return;
    this.#misses = 0;
    const inUse = this.#keysInUse();
    for (const key of this.#accesses.keys()) if (!inUse.has(key)) this.#accesses.delete(key);
  }

  #setOf({ authority, policies: names }: Principal): PolicySet {
    return this.#sets.getOrMake(JSON.stringify([authority, names]), () => {
      const texts = names.map((name) => this.#text(authority, name));
      return { authority, names, texts: texts.filter((text) => text !== undefined) };
    });
  }

  #text(authority: string, name: string): PolicyText | undefined {
    return this.#sql
      .exec<{ name: string; version: number; text: string }>(
        'SELECT name, version, text FROM policy_texts WHERE authority = ? AND name = ?',
        authority,
        name,
      )
      .toArray()[0];
  }
}
