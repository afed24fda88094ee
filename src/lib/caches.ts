import { MAX_CACHED_LOOKUPS } from './limits.ts';

/** A cache with a fixed capacity that evicts the least recently used value. */
export class LruCache<T> {
  readonly #capacity: number;
  readonly #sizeOf: (value: T) => number;
  readonly #values = new Map<string, T>();
  #size = 0;

  /** @param sizeOf a value, by which it counts towards the capacity; else each counts as 1 */
  constructor(capacity: number, sizeOf: (value: T) => number = () => 1) {
    this.#capacity = capacity;
    this.#sizeOf = sizeOf;
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

  /** A value that is larger than the capacity is not stored. */
  set(key: string, value: T): void {
    this.delete(key);
    const size = this.#sizeOf(value);
    if (size > this.#capacity) return;
    this.#values.set(key, value);
    this.#size += size;
    while (this.#size > this.#capacity) this.delete(this.#values.keys().next().value ?? '');
  }

  delete(key: string): void {
    const value = this.#values.get(key);
    if (this.#values.delete(key)) this.#size -= this.#sizeOf(value as T);
  }

  clear(): void {
    this.#values.clear();
    this.#size = 0;
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
