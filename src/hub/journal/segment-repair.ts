/**
 * The numbers of a segment, and its note, when they are damaged. Numbers that are wrong would have a journal trim what it
 * is to retain, or give a sequence twice. So they have a checksum, and are computed again from what they count.
 */
import { crc32 } from 'node:zlib';
import { FINGERPRINT_WORDS } from './fingerprint.ts';
import type { SegmentInfo } from './segment.ts';
import { INDEX_WORDS } from './segment-index.ts';

/** What shows how the numbers of a segment were. */
interface Evidence {
  readonly index: Uint32Array;
  readonly fingerprints: Uint32Array;
  /** Of the records of all segments before, and of its own. */
  readonly totalBytes: number;
  /** The first sequence of the next segment. */
  readonly next: number | undefined;
}

/** Characters of the checksum of a note. */
const DIGITS = 8;

/** No JSON. */
const DAMAGED_NOTE = '?';

/** Times are not part of it: one that is wrong has its own segment trimmed too early or too late, and no other. */
export function checksumOfInfo({ first, count, totalBytes }: SegmentInfo): number {
  return crc32(`${first} ${count} ${totalBytes}`);
}

export function restoredInfo(damaged: SegmentInfo, evidence: Evidence): SegmentInfo {
  return { ...damaged, count: countOf(damaged, evidence), totalBytes: evidence.totalBytes };
}

/** The most that columns of the segment tell: a sequence that is left out does less harm than one that is given twice. */
function countOf(damaged: SegmentInfo, { index, fingerprints, next }: Evidence): number {
  const room = (next ?? Number.POSITIVE_INFINITY) - damaged.first;
  const counts = [index.length / INDEX_WORDS, fingerprints.length / FINGERPRINT_WORDS].filter(
    (count) => Number.isInteger(count) && count > 0 && count <= room,
  );
  if (counts.length > 0) return Math.max(...counts);
  return next === undefined ? Math.max(damaged.count, 1) : room;
}

/** A note as it is stored. An empty one is stored as it is. */
export function noteWithChecksum(note: string): string {
  return note === '' ? '' : crc32(note).toString(16).padStart(DIGITS, '0') + note;
}

/** @returns a text that is no note if what is stored is not what was written */
export function noteIn(stored: unknown): string {
  if (stored === '') return '';
  if (typeof stored !== 'string') return DAMAGED_NOTE;
  const note = stored.slice(DIGITS);
  return noteWithChecksum(note) === stored ? note : DAMAGED_NOTE;
}
