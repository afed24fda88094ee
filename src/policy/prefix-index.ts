/** Finds the longest of many prefixes of a text. */

interface PrefixEntry<T> {
  readonly prefix: string;
  readonly value: T;
  /** The longest other prefix that this one begins with. */
  readonly shorter: PrefixEntry<T> | undefined;
}

/**
 * The prefixes are sorted. The last one that is not greater than the text begins with every prefix of the text. So the
 * longest prefix is that one, or one that it begins with. A look-up is a binary search and copies nothing.
 */
export class PrefixIndex<T> {
  readonly #entries: readonly PrefixEntry<T>[];

  /** @param prefixes without duplicates */
  constructor(prefixes: readonly (readonly [prefix: string, value: T])[]) {
    const sorted = prefixes.toSorted(([a], [b]) => (a < b ? -1 : 1));
    const entries: PrefixEntry<T>[] = [];
    let shorter: PrefixEntry<T> | undefined;
    for (const [prefix, value] of sorted) {
      while (shorter !== undefined && !prefix.startsWith(shorter.prefix)) shorter = shorter.shorter;
      shorter = { prefix, value, shorter };
      entries.push(shorter);
    }
    this.#entries = entries;
  }

  longest(text: string): T | undefined {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && entry.prefix <= text) low = middle + 1;
      else high = middle;
    }
    let entry = this.#entries[low - 1];
    const shared = sharedLength(entry?.prefix ?? '', text);
    while (entry !== undefined && entry.prefix.length > shared) entry = entry.shorter;
    return entry?.value;
  }
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}
