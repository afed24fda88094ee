/** Values that are kept at hand while they are in use: of more than there is room for, the longest unused goes. */
export class LruCache<T> {
  readonly #room: number;
  readonly #values = new Map<string, T>();

  constructor(room: number) {
    this.#room = room;
  }

  get(key: string): T | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** What there is under the key, made where there is nothing. */
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
    if (this.#values.size > this.#room && oldest !== undefined) this.#values.delete(oldest);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }
}
