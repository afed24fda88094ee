/**
 * Counts the slots that sockets and handshakes under way take. The sockets are counted once, the count is raised with
 * each reservation, and they are counted again when no slot seems to be free. So neither connecting nor leaving costs
 * more in a hub with many sockets.
 */

import { LruCache } from '../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import { MAX_RECOUNTED_PER_MS, MAX_SOCKETS_PER_TOKEN } from '../limits.ts';

export class SlotCounter {
  readonly #countSockets: () => number;
  #handshakes = 0;
  /** Sockets and handshakes, or more; undefined until they were counted. */
  #taken: number | undefined;
  /** When they were last counted, in Unix milliseconds. */
  #countedAt = 0;

  /** @param countSockets counts those that have been accepted */
  constructor(countSockets: () => number) {
    this.#countSockets = countSockets;
  }

  get taken(): number {
    if (this.#taken === undefined) return this.#count();
    return this.#taken;
  }

  /** Whether no handshake is under way. */
  get isIdle(): boolean {
    return this.#handshakes === 0;
  }

  /** Reserves a slot for a handshake. @returns whether fewer than `slots` were taken */
  reserve(slots: number): boolean {
    if (this.taken >= slots) this.recount();
    if (this.taken >= slots) return false;
    this.#taken = this.taken + 1;
    this.#handshakes++;
    return true;
  }

  /** Releases the reservation of a handshake. If its socket was accepted, that has the slot now. */
  release(): void {
    this.#handshakes--;
  }

  /** Counts again, unless that was done recently: clients that are refused again and again do not keep a hub busy. */
  recount(): void {
    const excess = Math.max(this.taken - MAX_SOCKETS_PER_TOKEN, 0);
    if (Date.now() - this.#countedAt >= excess / MAX_RECOUNTED_PER_MS) this.#count();
  }

  #count(): number {
    this.#taken = this.#countSockets() + this.#handshakes;
    this.#countedAt = Date.now();
    return this.#taken;
  }
}

/** Counts slots for each tag of sockets. Counts of tags without a handshake under way are cached while there is room. */
export class SlotCounterByTag {
  readonly #countSockets: (tag: string) => number;
  readonly #busy = new Map<string, SlotCounter>();
  readonly #idle = new LruCache<SlotCounter>(MAX_CACHED_LOOKUPS);

  constructor(countSockets: (tag: string) => number) {
    this.#countSockets = countSockets;
  }

  of(tag: string): SlotCounter {
    const countSockets = () => this.#countSockets(tag);
    return this.#busy.get(tag) ?? this.#idle.getOrMake(tag, () => new SlotCounter(countSockets));
  }

  reserve(tag: string, slots: number): boolean {
    const counter = this.of(tag);
    const isReserved = counter.reserve(slots);
    if (isReserved) this.#busy.set(tag, counter);
    return isReserved;
  }

  release(tag: string): void {
    const counter = this.of(tag);
    counter.release();
    if (!counter.isIdle) return;
    this.#busy.delete(tag);
    this.#idle.set(tag, counter);
  }
}
