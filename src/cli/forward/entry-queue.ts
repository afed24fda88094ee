/** Entries that wait to be sent, in order and within a bound. Pure. */
import { type AuditEntry, entryBatches } from './entry.ts';
import { MAX_FORWARD_QUEUE_BYTES, MAX_FORWARDED_ENTRIES } from './limits.ts';

/** The approximate memory of an entry in addition to its bytes. */
const OVERHEAD_BYTES = 256;

export class EntryQueue {
  readonly #entries: AuditEntry[] = [];
  #bytes = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  get length(): number {
    return this.#entries.length;
  }

  /** The memory of the entries. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns whether there was room */
  push(entry: AuditEntry): boolean {
    const bytes = memoryOf(entry);
    if (this.#bytes + bytes > MAX_FORWARD_QUEUE_BYTES) return false;
    // A copy: the bytes of an entry are part of a larger buffer, which would stay in memory.
    this.#entries.push({ ...entry, bytes: Buffer.from(entry.bytes) });
    this.#bytes += bytes;
    this.#wake();
    return true;
  }

  /** No more entries will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /**
   * Waits for entries, and returns the oldest, as many as a request takes. They stay in the queue.
   *
   * @returns none if no more will come
   */
  async oldest(): Promise<readonly AuditEntry[]> {
    while (this.#entries.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return entryBatches(this.#entries.slice(0, MAX_FORWARDED_ENTRIES))[0] ?? [];
  }

  /** Removes the oldest entries. */
  remove(count: number): void {
    for (const entry of this.#entries.splice(0, count)) this.#bytes -= memoryOf(entry);
  }
}

function memoryOf({ bytes }: AuditEntry): number {
  return bytes.length + OVERHEAD_BYTES;
}
