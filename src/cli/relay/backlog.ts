/** What came from the origin and is not published yet, within bounds and in order. */
import { MAX_PUBLISH_BYTES, MAX_PUBLISH_EVENTS } from '../../wire/limits.ts';
import type { FrameLine } from './frame.ts';
import { MAX_RELAY_BYTES, MAX_RELAY_ENTRIES } from './limits.ts';

export interface BacklogEntry {
  /** Undefined if the entry is only a position to remember. */
  readonly line?: FrameLine;
  /** When the entry arrived: milliseconds since 1970. */
  readonly at: number;
  /** The position after the entry. A stock server has none. */
  readonly cursor?: string;
  /** Acknowledges on the connection that the entry arrived on, if that is still open. */
  readonly acknowledge?: (cursor: string) => void;
}

export class Backlog {
  #entries: BacklogEntry[] = [];
  #bytes = 0;
  #ended = false;
  #filled: () => void = () => undefined;
  #waitForRoom: (() => void)[] = [];

  /** How many events wait. */
  get events(): number {
    return this.#entries.filter(({ line }) => line !== undefined).length;
  }

  get isFull(): boolean {
    return this.#entries.length >= MAX_RELAY_ENTRIES || this.#bytes >= MAX_RELAY_BYTES;
  }

  put(entry: BacklogEntry): void {
    this.#entries.push(entry);
    this.#bytes += sizeOf(entry);
    this.#filled();
  }

  /**
   * Waits for entries, and returns the oldest, about as many as a request takes. They stay in the backlog.
   *
   * @returns none if no more will come
   */
  async oldest(): Promise<readonly BacklogEntry[]> {
    while (this.#entries.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#filled = resolve;
      });
    }
    let bytes = 0;
    const tooMany = this.#entries.findIndex((entry, index) => {
      bytes += sizeOf(entry);
      return index > 0 && (index === MAX_PUBLISH_EVENTS || bytes > MAX_PUBLISH_BYTES);
    });
    return tooMany === -1 ? [...this.#entries] : this.#entries.slice(0, tooMany);
  }

  /** Removes the oldest entries. */
  remove(count: number): void {
    for (const entry of this.#entries.splice(0, count)) this.#bytes -= sizeOf(entry);
    if (this.#hasRoom) this.#wakeAll();
  }

  /** Resolves once the backlog is at most half full. If one free place was enough, the next event would fill it. */
  async room(): Promise<void> {
    while (!this.#hasRoom && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#waitForRoom.push(resolve);
      });
    }
  }

  /** No more entries will come. */
  end(): void {
    this.#ended = true;
    this.#filled();
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#waitForRoom.splice(0)) wake();
  }

  get #hasRoom(): boolean {
    return this.#entries.length <= MAX_RELAY_ENTRIES / 2 && this.#bytes <= MAX_RELAY_BYTES / 2;
  }
}

/** Bytes of the line in a request, with its newline. */
function sizeOf({ line }: BacklogEntry): number {
  return Buffer.byteLength(line?.text ?? '') + 1;
}
