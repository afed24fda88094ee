/** What has come and is not published yet, within bounds, in its order. */
import { MAX_PUBLISH_BYTES, MAX_PUBLISH_EVENTS } from '../../wire/limits.ts';
import type { FrameLine } from './frame.ts';
import { MAX_RELAY_BYTES, MAX_RELAY_EVENTS } from './limits.ts';

export interface Entry {
  /** Undefined where there is nothing to publish, but a place to remember. */
  readonly line?: FrameLine;
  /** When it came: milliseconds since 1970. */
  readonly at: number;
  /** The place after it, where the origin gives one. */
  readonly cursor?: string;
  /** Tells the origin, if the connection that it came on is still there. */
  readonly acknowledge?: (cursor: string) => void;
}

export class Backlog {
  #entries: Entry[] = [];
  #size = 0;
  #ended = false;
  #filled: () => void = () => undefined;
  #waitForRoom: (() => void)[] = [];

  /** Events that wait. */
  get events(): number {
    return this.#entries.filter(({ line }) => line !== undefined).length;
  }

  get isFull(): boolean {
    return this.#entries.length >= MAX_RELAY_EVENTS || this.#size >= MAX_RELAY_BYTES;
  }

  put(entry: Entry): void {
    this.#entries.push(entry);
    this.#size += sizeOf(entry);
    this.#filled();
  }

  /** The oldest entries, about as many as a request takes, once there are any; none at the end. */
  async oldest(): Promise<readonly Entry[]> {
    while (this.#entries.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#filled = resolve;
      });
    }
    let size = 0;
    const tooMany = this.#entries.findIndex((entry, index) => {
      size += sizeOf(entry);
      return index > 0 && (index === MAX_PUBLISH_EVENTS || size > MAX_PUBLISH_BYTES);
    });
    return tooMany === -1 ? [...this.#entries] : this.#entries.slice(0, tooMany);
  }

  /** The oldest have been taken care of. */
  settle(count: number): void {
    for (const entry of this.#entries.splice(0, count)) this.#size -= sizeOf(entry);
    if (this.#hasRoom) this.#wakeAll();
  }

  /** Resolves once it is at most half full: room for one event would be filled by the next. */
  async room(): Promise<void> {
    while (!this.#hasRoom && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#waitForRoom.push(resolve);
      });
    }
  }

  /** What is there is all that will be published. */
  end(): void {
    this.#ended = true;
    this.#filled();
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#waitForRoom.splice(0)) wake();
  }

  get #hasRoom(): boolean {
    return this.#entries.length <= MAX_RELAY_EVENTS / 2 && this.#size <= MAX_RELAY_BYTES / 2;
  }
}

function sizeOf({ line }: Entry): number {
  return Buffer.byteLength(line?.text ?? '') + 1;
}
