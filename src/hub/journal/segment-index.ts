/**
 * The index of a segment: for each of its records where its texts end, its size, a checksum of its frame and its time. A
 * record costs `INDEX_WORDS` numbers of 32 bits, stored as they are in memory (little-endian).
 */
import { utf8Length } from '../../wire/utf8.ts';

export const INDEX_WORDS = 5;

/** The numbers of a record, by their place. */
export const INDEX = {
  /** Where its key ends in the keys of the segment, in UTF-16 units. */
  keyEnd: 0,
  /** Where its frame ends in the frames of the segment, in UTF-16 units. A gap has no frame. */
  frameEnd: 1,
  /** The bytes of the keys and frames up to this record, in UTF-8. */
  bytesEnd: 2,
  /** Of its frame. What is stored may be damaged, and is not sent then. */
  checksum: 3,
  /** When it was accepted, in milliseconds after the first of the segment. */
  delay: 4,
} as const;

/** The greatest delay that the index can hold, in milliseconds: 49 days. */
export const MAX_DELAY_MS = 2 ** 32 - 1;

const MULTIPLIER = 0x9e3779b1;

/** A checksum of a part of a text, of 32 bits. It finds damage, not forgery. */
export function checksumOf(text: string, from: number, to: number): number {
  let sum = to - from;
  let i = from;
  for (; i + 1 < to; i += 2) {
    sum = Math.imul(sum ^ (text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)), MULTIPLIER);
    sum ^= sum >>> 15;
  }
  if (i < to) sum = Math.imul(sum ^ text.charCodeAt(i), MULTIPLIER);
  return sum >>> 0;
}

/** The bytes of a part of a text in UTF-8. */
export function bytesOf(text: string, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    if (text.charCodeAt(i) > 0x7f) return i - from + utf8Length(text.slice(i, to));
  }
  return to - from;
}
