/**
 * The index of a segment: for each of its records where its texts end, its size, a checksum of its frame and its time. A
 * record costs `INDEX_WORDS` numbers of 32 bits, stored as they are in memory (little-endian).
 */
import { crc32 } from 'node:zlib';
import { MAX_SEGMENT_BYTES } from '../limits.ts';

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

/** The numbers that count from the beginning of the segment. */
export const ENDS = [INDEX.keyEnd, INDEX.frameEnd, INDEX.bytesEnd] as const;

/** The greatest delay that the index can hold, in milliseconds: 49 days. */
export const MAX_DELAY_MS = 2 ** 32 - 1;

/**
 * Whether an index may be that of the records of a segment: nothing in it goes back, and all texts have a place. By another
 * one, a reader would be counted bytes that it was never sent, and wait.
 */
export function isSound(
  index: Uint32Array,
  count: number,
  keyUnits: number,
  frameUnits: number,
): boolean {
  const { length } = index;
  if (length !== count * INDEX_WORDS) return false;
  for (const word of [...ENDS, INDEX.delay]) {
    for (let at = INDEX_WORDS + word; at < length; at += INDEX_WORDS) {
      if ((index[at] ?? 0) < (index[at - INDEX_WORDS] ?? 0)) return false;
    }
  }
  const end = (word: number) => index[length - INDEX_WORDS + word] ?? 0;
  return (
    end(INDEX.keyEnd) >= keyUnits &&
    end(INDEX.frameEnd) >= frameUnits &&
    end(INDEX.bytesEnd) <= 2 * MAX_SEGMENT_BYTES
  );
}

/** The CRC-32 of a part of a text in UTF-8. It finds damage, not forgery. */
export function checksumOf(text: string, from: number, to: number): number {
  return crc32(text.slice(from, to));
}
