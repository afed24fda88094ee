import { MAX_CACHED_LOOKUPS } from './limits.ts';

/** A cache with a fixed capacity that evicts the least recently used value. */
export class LruCache<T> {
  readonly #capacity: number;
  readonly #values = new Map<string, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): T | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** The value of the key; made and stored if there is none. */
  getOrMake(key: string, make: () => T): T {
    const known = this.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.set(key, value);
    return value;
  }

  set(key: string, value: T): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const oldest = this.#values.keys().next().value;
    if (this.#values.size > this.#capacity && oldest !== undefined) this.#values.delete(oldest);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }
}

/** A cache whose values expire. The caller passes the time, in Unix milliseconds. */
export class TtlCache<T> {
  readonly #maxAgeMs: number;
  readonly #entries = new LruCache<{ readonly value: T; readonly at: number }>(MAX_CACHED_LOOKUPS);
  #generation = 0;

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  /** Another number after each `clear`. */
  get generation(): number {
    return this.#generation;
  }

  /** @param since the value is not older than this */
  get(key: string, now: number, since = Number.NEGATIVE_INFINITY): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now - entry.at < this.#maxAgeMs) return entry.at >= since ? entry.value : undefined;
    this.#entries.delete(key);
    return undefined;
  }

  /** @param generation when the value was asked for: if the cache was cleared since, the value may be out of date */
  set(key: string, value: T, now: number, generation = this.#generation): void {
    if (generation === this.#generation) this.#entries.set(key, { value, at: now });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#generation++;
    this.#entries.clear();
  }
}
