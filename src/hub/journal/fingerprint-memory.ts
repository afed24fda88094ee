/**
 * The memory that the fingerprints of all hubs of this isolate may take together. If they take more, those that were not
 * used for longest are dropped, and read again when they are needed.
 */
import { MAX_FINGERPRINT_BYTES } from '../limits.ts';

interface Droppable {
  readonly byteLength: number;
  drop(): void;
}

/** What a window takes beside its fingerprints. Those of hubs that sleep count too, and there may be many. */
const OVERHEAD_BYTES = 8 * 1024;

class FingerprintMemory {
  /** The bytes of each when it was last used, in the order of these uses. */
  readonly #bytes = new Map<Droppable, number>();
  #total = 0;

  get byteLength(): number {
    return this.#total;
  }

  use(window: Droppable): void {
    this.remove(window);
    const bytes = OVERHEAD_BYTES + window.byteLength;
    this.#bytes.set(window, bytes);
    this.#total += bytes;
    for (const each of this.#bytes.keys()) {
      if (this.#total <= MAX_FINGERPRINT_BYTES || each === window) return;
      each.drop();
    }
  }

  remove(window: Droppable): void {
    this.#total -= this.#bytes.get(window) ?? 0;
    this.#bytes.delete(window);
  }
}

/** A module is shared by the objects of an isolate, and so is this. */
export const fingerprintMemory = new FingerprintMemory();
