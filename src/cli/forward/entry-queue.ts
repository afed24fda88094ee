/** Entries between those who write them and the server: bounded, in order. Pure. */

import { batchesOf, type Entry } from './entry.ts';
import { MAX_FORWARD_QUEUE_BYTES, MAX_FORWARDED_ENTRIES } from './limits.ts';

/** What an entry takes beside its bytes, about. */
const OVERHEAD_BYTES = 256;

export class EntryQueue {
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  get length(): number {
    return this.#entries.length;
  }

  /** Of memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns whether there was room */
  push(entry: Entry): boolean {
    const bytes = sizeOf(entry);
    if (this.#bytes + bytes > MAX_FORWARD_QUEUE_BYTES) return false;
    // A copy: the bytes of an entry are part of a longer piece, which would stay with it.
    this.#entries.push({ ...entry, bytes: Buffer.from(entry.bytes) });
    this.#bytes += bytes;
    this.#wake();
    return true;
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /**
   * The first entries, as many as a request carries, once there are any; they stay until they are shifted.
   *
   * @returns none where nothing more will come
   */
  async first(): Promise<readonly Entry[]> {
    while (this.#entries.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return batchesOf(this.#entries.slice(0, MAX_FORWARDED_ENTRIES))[0] ?? [];
  }

  shift(count: number): void {
    for (const entry of this.#entries.splice(0, count)) this.#bytes -= sizeOf(entry);
  }
}

function sizeOf({ bytes }: Entry): number {
  return bytes.length + OVERHEAD_BYTES;
}
