import { MAX_CACHED_LOOKUPS } from './limits.ts';
import { LruCache } from './lru-cache.ts';

/** A cache whose values expire. The caller passes the time, in Unix milliseconds. */
export class TtlCache<T> {
  readonly #maxAgeMs: number;
  readonly #entries = new LruCache<{ readonly value: T; readonly at: number }>(MAX_CACHED_LOOKUPS);

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  get(key: string, now: number): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now - entry.at < this.#maxAgeMs) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: T, now: number): void {
    this.#entries.set(key, { value, at: now });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
