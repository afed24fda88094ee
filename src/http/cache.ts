/** What one isolate remembers for a short time: bounded in number and age. */
import { MAX_CACHED_LOOKUPS } from '../limits.ts';

export class Cache<T> {
  readonly #maxAgeMs: number;
  readonly #entries = new Map<string, { readonly value: T; readonly at: number }>();

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  get(key: string, now: number): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && now - entry.at < this.#maxAgeMs ? entry.value : undefined;
  }

  set(key: string, value: T, now: number): void {
    this.#entries.delete(key);
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size >= MAX_CACHED_LOOKUPS && oldest !== undefined) {
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, at: now });
  }

  clear(): void {
    this.#entries.clear();
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
