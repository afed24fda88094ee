/**
 * A segment: records that follow each other in the journal, in one row. Its keys are one text and its frames another, so
 * that a part of it is moved without being parsed. A record that is damaged is read as a gap.
 */
import { Buffer } from 'node:buffer';
import { type EventBatch, eventBatch, frameAt, keyAt } from '../../event/event-batch.ts';
import type { FeedSlice } from '../../objects/hub-contract.ts';
import { Frame } from '../../wire/frame.ts';
import { EventEntry, gapEntry, type JournalEntry } from './record.ts';
import { checksumOf, INDEX, INDEX_WORDS, isSound } from './segment-index.ts';

/** What is stored of a segment apart from its records. */
export interface SegmentInfo {
  /** The sequence of its first record. The others follow without a hole. */
  readonly first: number;
  readonly count: number;
  /** Unix milliseconds. */
  readonly firstAcceptedAt: number;
  readonly lastAcceptedAt: number;
  /** The bytes of all records up to its last one, including trimmed ones. */
  readonly totalBytes: number;
}

/** What a segment may have, if it has several records. */
export interface SegmentLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
  /** Between the times at which its first and its last record were accepted. */
  readonly maxDelayMs: number;
}

/** The sequence of the last record of a segment. */
export function lastOf({ first, count }: SegmentInfo): number {
  return first + count - 1;
}

export type Order = 'oldest first' | 'newest first';

/** What a record takes beside its texts: its numbers, and its facts once somebody needed them. */
export const RECORD_BYTES = 512;

export class Segment {
  readonly info: SegmentInfo;
  /** Otherwise all of its records are lost. */
  readonly isReadable: boolean;
  readonly #index: Uint32Array;
  readonly #keys: string;
  readonly #frames: string;
  readonly #entries: JournalEntry[] = [];
  #memoryBytes: number | undefined;

  constructor(info: SegmentInfo, index: Uint32Array, keys: string, frames: string) {
    this.info = info;
    this.isReadable = isSound(index, info.count, keys.length, frames.length);
    this.#index = this.isReadable ? index : new Uint32Array();
    this.#keys = keys;
    this.#frames = frames;
  }

  get last(): number {
    return lastOf(this.info);
  }

  /** About what it takes in memory. */
  get memoryBytes(): number {
    this.#memoryBytes ??=
      memoryOf(this.#keys) + memoryOf(this.#frames) + this.info.count * RECORD_BYTES;
    return this.#memoryBytes;
  }

  /** Unix milliseconds. */
  acceptedAt(sequence: number): number {
    const delay = this.#word(sequence, INDEX.delay);
    const { firstAcceptedAt, lastAcceptedAt } = this.info;
    return delay === undefined ? lastAcceptedAt : firstAcceptedAt + delay;
  }

  /** The bytes of all records of the journal up to this one, including trimmed ones. */
  totalBytes(sequence: number): number {
    const { totalBytes } = this.info;
    const end = this.#word(this.last, INDEX.bytesEnd);
    const bytes = this.#word(sequence, INDEX.bytesEnd);
    if (sequence < this.info.first) return totalBytes - (end ?? 0);
    return end === undefined || bytes === undefined ? totalBytes : totalBytes - end + bytes;
  }

  keyOf(sequence: number): string {
    return this.#keys.slice(
      this.#word(sequence - 1, INDEX.keyEnd) ?? 0,
      this.#word(sequence, INDEX.keyEnd) ?? 0,
    );
  }

  /** The event with this sequence, or a gap. */
  entry(sequence: number): JournalEntry {
    const place = sequence - this.info.first;
    this.#entries[place] ??= this.#read(sequence);
    return this.#entries[place];
  }

  /**
   * The records between two sequences, including these.
   *
   * @param report is called for each that is damaged: it has no frame
   */
  slice(from: number, to: number, report: (sequence: number) => void): FeedSlice {
    const count = to - from + 1;
    const acceptedAt = new Float64Array(count);
    const ends = new Uint32Array(2 * count);
    const keysBefore = this.#word(from - 1, INDEX.keyEnd) ?? 0;
    const framesBefore = this.#word(from - 1, INDEX.frameEnd) ?? 0;
    let isWhole = (this.#word(to, INDEX.keyEnd) ?? 0) <= this.#keys.length;
    for (let i = 0; i < count; i++) {
      acceptedAt[i] = this.acceptedAt(from + i);
      ends[2 * i] = (this.#word(from + i, INDEX.keyEnd) ?? 0) - keysBefore;
      ends[2 * i + 1] = (this.#word(from + i, INDEX.frameEnd) ?? 0) - framesBefore;
      if (this.#frameOf(from + i) !== undefined) continue;
      report(from + i);
      isWhole = false;
    }
    const records = isWhole
      ? {
          keys: this.#keys.slice(keysBefore, this.#word(to, INDEX.keyEnd)),
          frames: this.#frames.slice(framesBefore, this.#word(to, INDEX.frameEnd)),
          ends,
        }
      : this.#readable(from, to);
    return { first: from, acceptedAt, records };
  }

  #readable(from: number, to: number): EventBatch {
    return eventBatch(
      Array.from({ length: to - from + 1 }, (_, i) => ({
        key: this.keyOf(from + i),
        json: this.#frameOf(from + i) ?? '',
      })),
    );
  }

  #read(sequence: number): JournalEntry {
    const json = this.#frameOf(sequence);
    if (json === undefined) return { sequence, gap: 'unreadable', hub: undefined };
    if (json === '') return gapEntry(sequence, this.keyOf(sequence));
    return new EventEntry(sequence, new Frame(json));
  }

  /** Undefined if it is not what was stored. */
  #frameOf(sequence: number): string | undefined {
    const from = this.#word(sequence - 1, INDEX.frameEnd) ?? 0;
    const to = this.#word(sequence, INDEX.frameEnd) ?? Number.POSITIVE_INFINITY;
    const isThere = from <= to && to <= this.#frames.length;
    return isThere && checksumOf(this.#frames, from, to) === this.#word(sequence, INDEX.checksum)
      ? this.#frames.slice(from, to)
      : undefined;
  }

  #word(sequence: number, word: number): number | undefined {
    const place = sequence - this.info.first;
    return place < 0 ? undefined : this.#index[place * INDEX_WORDS + word];
  }
}

/** What a text takes in memory, at most: one byte for each character if all are ASCII. */
export function memoryOf(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}

/** The bytes of a record: those of its key and its frame, which are parts of texts. */
export function recordBytes(records: EventBatch, index: number): number {
  return Buffer.byteLength(keyAt(records, index)) + Buffer.byteLength(frameAt(records, index));
}
