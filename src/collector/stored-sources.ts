/**
 * What is known of the sources of metrics: in memory, and stored in a few entries. Each entry has the sources whose names
 * have the same hash, so that an entry stays below the 2 MB that a value may have.
 */

import { type KnownSource, STORED_ENTRIES, withoutZeros } from '../metrics/reports.ts';

type SourceName = Pick<KnownSource, 'kind' | 'source'>;

/** An entry in another format is ignored: metrics can begin at 0. */
const FORMAT = 1;
const PREFIX = 'sources/';

interface StoredEntry {
  readonly format: number;
  readonly sources: readonly KnownSource[];
}

export class StoredSources {
  readonly #kv: DurableObjectStorage['kv'];
  readonly #sources = new Map<string, KnownSource>();
  /** The entries that are to be written. */
  readonly #changed = new Set<number>();

  constructor(kv: DurableObjectStorage['kv']) {
    this.#kv = kv;
    for (const [, { format, sources }] of kv.list<StoredEntry>({ prefix: PREFIX })) {
      if (format !== FORMAT) continue;
      for (const source of sources) this.#sources.set(keyOf(source), source);
    }
  }

  all(): KnownSource[] {
    return [...this.#sources.values()];
  }

  get(name: SourceName): KnownSource | undefined {
    return this.#sources.get(keyOf(name));
  }

  set(source: KnownSource): void {
    const key = keyOf(source);
    this.#sources.set(key, source);
    this.#changed.add(entryOf(key));
  }

  delete(name: SourceName): void {
    const key = keyOf(name);
    if (this.#sources.delete(key)) this.#changed.add(entryOf(key));
  }

  /** Forgets all sources but these. */
  retain(sources: readonly KnownSource[]): void {
    if (sources.length === this.#sources.size) return;
    const keys = new Set(sources.map(keyOf));
    for (const key of [...this.#sources.keys()]) {
      if (keys.has(key)) continue;
      this.#sources.delete(key);
      this.#changed.add(entryOf(key));
    }
  }

  /** Writes what has changed since the last time. */
  store(): void {
    const entries = new Map<number, KnownSource[]>();
    for (const index of this.#changed) entries.set(index, []);
    for (const [key, source] of this.#sources) entries.get(entryOf(key))?.push(stored(source));
    for (const [index, sources] of entries) {
      this.#kv.put<StoredEntry>(`${PREFIX}${index}`, { format: FORMAT, sources });
    }
    this.#changed.clear();
  }
}

/** A rate is of the last report, and is not worth storing. */
function stored(source: KnownSource): KnownSource {
  return { ...source, before: withoutZeros(source.before), gained: {}, gainedInMs: 0 };
}

function keyOf({ kind, source }: SourceName): string {
  return `${kind} ${source}`;
}

function entryOf(key: string): number {
  let sum = 0;
  for (let index = 0; index < key.length; index++) sum = (31 * sum + key.charCodeAt(index)) | 0;
  return Math.abs(sum) % STORED_ENTRIES;
}
