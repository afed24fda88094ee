/**
 * The fingerprints of events that follow each other, and a hash table of their places. It takes about
 * 17 bytes an event and has no object for each.
 */
import { GrowingArray } from '../../lib/growing-array.ts';
import { DEDUPLICATION_WINDOW_EVENTS } from '../limits.ts';
import { FINGERPRINT_WORDS, ID_WORD } from './fingerprint.ts';

/** The table has at least so many slots for each event: with fewer, a search takes longer. */
const SLOTS_PER_EVENT = 5 / 4;
const MIN_SLOTS = 64;

export class FingerprintBlock {
  /** The sequence of its first event. */
  readonly first: number;
  readonly #words: GrowingArray;
  /** For each slot the place of an event, from 1 on; 0 if it is free. Made when a duplicate is first looked for. */
  #slots: Uint32Array | undefined;

  /** @param capacity the number of events for which there is room before it grows */
  constructor(first: number, capacity = MIN_SLOTS) {
    this.first = first;
    this.#words = new GrowingArray(
      capacity * FINGERPRINT_WORDS,
      DEDUPLICATION_WINDOW_EVENTS * FINGERPRINT_WORDS,
    );
  }

  get count(): number {
    return this.#words.length / FINGERPRINT_WORDS;
  }

  get byteLength(): number {
    return this.#words.byteLength + (this.#slots?.byteLength ?? 0);
  }

  /** Adds events that follow the last one. */
  append(fingerprints: Uint32Array): void {
    const { count } = this;
    this.#words.append(fingerprints);
    if (this.#slots === undefined) return;
    if (this.count * SLOTS_PER_EVENT > this.#slots.length) this.#slots = undefined;
    else for (let place = count; place < this.count; place++) this.#occupy(this.#slots, place);
  }

  /** The newest event with this fingerprint whose sequence is accepted. */
  find(low: number, high: number, accept: (sequence: number) => boolean): number | undefined {
    this.#slots ??= this.#newSlots();
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = low & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const place = (slots[slot] ?? 0) - 1;
      const at = place * FINGERPRINT_WORDS;
      if (this.#words.at(at) !== low || this.#words.at(at + 1) !== high) continue;
      if (accept(this.first + place)) return this.first + place;
    }
    return undefined;
  }

  /** The sequences of the events whose id may have this fingerprint, in order. */
  *withId(id: number, order: 'oldest first' | 'newest first'): Generator<number> {
    const { count } = this;
    for (let i = 0; i < count; i++) {
      const place = order === 'oldest first' ? i : count - 1 - i;
      if (this.#words.at(place * FINGERPRINT_WORDS + ID_WORD) === id) yield this.first + place;
    }
  }

  #newSlots(): Uint32Array {
    const wanted = Math.max(this.count * SLOTS_PER_EVENT, MIN_SLOTS);
    const slots = new Uint32Array(2 ** Math.ceil(Math.log2(wanted)));
    for (let place = 0; place < this.count; place++) this.#occupy(slots, place);
    return slots;
  }

  #occupy(slots: Uint32Array, place: number): void {
    const mask = slots.length - 1;
    let slot = this.#words.at(place * FINGERPRINT_WORDS) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = place + 1;
  }
}
