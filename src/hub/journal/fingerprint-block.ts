/**
 * The fingerprints of events that follow each other, and a hash table of their places. It takes about
 * 17 bytes an event and has no object for each.
 */
import { GrowingArray } from '../../lib/growing-array.ts';
import { DEDUPLICATION_WINDOW_EVENTS } from '../limits.ts';
import { FINGERPRINT_WORDS, ID_WORD } from './fingerprint.ts';
import type { Order } from './segment.ts';

/** The table has at least so many slots for each event: with fewer, a search takes longer. */
const SLOTS_PER_EVENT = 5 / 4;
const MIN_SLOTS = 64;

/**
 * Searches before the table is made: a hub that wakes for one event does not need it. Each reads all fingerprints, which
 * takes a tenth of the time.
 */
const MAX_SCANS = 8;

export class FingerprintBlock {
  /** The sequence of its first event. */
  readonly first: number;
  readonly #words: GrowingArray;
  /** For each slot the place of an event, from 1 on; 0 if it is free. Made after some searches without it. */
  #slots: Uint32Array | undefined;
  #scans = 0;

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
    else occupy(this.#slots, this.#words.values, count);
  }

  /** The event with this fingerprint whose sequence is accepted. */
  find(low: number, high: number, accept: (sequence: number) => boolean): number | undefined {
    const words = this.#words.values;
    const isIt = (place: number) =>
      words[place * FINGERPRINT_WORDS + 1] === high && accept(this.first + place);
    for (const place of this.#placesOf(low)) if (isIt(place)) return this.first + place;
    return undefined;
  }

  /** The sequences of the events whose id may have this fingerprint, in order. */
  *withId(id: number, order: Order): Generator<number> {
    for (const place of placesWith(this.#words.values, id, ID_WORD, order))
      yield this.first + place;
  }

  /** The places of the events whose fingerprint begins with a word. */
  #placesOf(low: number): Iterable<number> {
    const words = this.#words.values;
    if (this.#slots === undefined && this.#scans++ < MAX_SCANS) {
      return placesWith(words, low, 0, 'oldest first');
    }
    this.#slots ??= newSlots(words);
    return placesInSlots(this.#slots, words, low);
  }
}

/** The places of the events that have a value as one of their words, in order. */
export function* placesWith(
  words: Uint32Array,
  value: number,
  word: number,
  order: Order,
): Generator<number> {
  // The engine searches much faster than a loop that it has not compiled yet.
  const next = (at: number) =>
    order === 'oldest first'
      ? words.indexOf(value, at + 1)
      : at === 0
        ? -1
        : words.lastIndexOf(value, at - 1);
  const beginning = order === 'oldest first' ? -1 : words.length;
  for (let at = next(beginning); at >= 0; at = next(at)) {
    if (at % FINGERPRINT_WORDS === word) yield Math.floor(at / FINGERPRINT_WORDS);
  }
}

function* placesInSlots(slots: Uint32Array, words: Uint32Array, low: number): Generator<number> {
  const mask = slots.length - 1;
  for (let slot = low & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const place = (slots[slot] ?? 0) - 1;
    if (words[place * FINGERPRINT_WORDS] === low) yield place;
  }
}

function newSlots(words: Uint32Array): Uint32Array {
  const wanted = Math.max((words.length / FINGERPRINT_WORDS) * SLOTS_PER_EVENT, MIN_SLOTS);
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(wanted)));
  occupy(slots, words, 0);
  return slots;
}

/** Enters the places from one on. */
function occupy(slots: Uint32Array, words: Uint32Array, from: number): void {
  const mask = slots.length - 1;
  const count = words.length / FINGERPRINT_WORDS;
  for (let place = from; place < count; place++) {
    const low = words[place * FINGERPRINT_WORDS] ?? 0;
    // Those that are damaged would all want the same slot.
    if (low === 0 && words[place * FINGERPRINT_WORDS + 1] === 0) continue;
    let slot = low & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = place + 1;
  }
}
