/**
 * How many sockets there are, handshakes under way included: counted once, then raised with each that
 * comes, and counted again when none seems to be left. So neither coming nor leaving costs more where there
 * are many.
 */

import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import { LruCache } from '../../lib/lru-cache.ts';
import { MAX_RECOUNTED_PER_MS, MAX_SOCKETS_PER_TOKEN } from '../limits.ts';

export class SlotCounter {
  readonly #countSockets: () => number;
  #underWay = 0;
  /** Those taken, or more; undefined until they were counted. */
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

  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Takes a place for a handshake, until `settle`. @returns whether there is one, of so many */
  reserve(places: number): boolean {
    if (this.taken >= places) this.recount();
    if (this.taken >= places) return false;
    this.#taken = this.taken + 1;
    this.#underWay++;
    return true;
  }

  /** The handshake has ended: its socket has been accepted, or there is none. */
  settle(): void {
    this.#underWay--;
  }

  /** Counts again, unless that was done so shortly before that those who are refused would keep a hub busy. */
  recount(): void {
    const excess = Math.max(this.taken - MAX_SOCKETS_PER_TOKEN, 0);
    if (Date.now() - this.#countedAt >= excess / MAX_RECOUNTED_PER_MS) this.#count();
  }

  #count(): number {
    this.#taken = this.#countSockets() + this.#underWay;
    this.#countedAt = Date.now();
    return this.#taken;
  }
}

/** The same for each tag of sockets. Counts of tags without a handshake under way are kept while there is room. */
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

  reserve(tag: string, places: number): boolean {
    const ofTag = this.of(tag);
    const isReserved = ofTag.reserve(places);
    if (isReserved) this.#busy.set(tag, ofTag);
    return isReserved;
  }

  settle(tag: string): void {
    const ofTag = this.of(tag);
    ofTag.settle();
    if (!ofTag.isIdle) return;
    this.#busy.delete(tag);
    this.#idle.set(tag, ofTag);
  }
}
