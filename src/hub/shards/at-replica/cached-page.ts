/** A page of the journal in memory. Entries of its records are made when somebody needs them. */

import { Buffer } from 'node:buffer';
import { frameAt, keyAt } from '../../../event/event-batch.ts';
import { lastOfSlice } from '../../../objects/feed-slice.ts';
import type { FeedSlice } from '../../../objects/hub-contract.ts';
import { Frame } from '../../../wire/frame.ts';
import { EventEntry, gapEntry, type JournalEntry } from '../../journal/record.ts';
import { memoryOf, RECORD_BYTES } from '../../journal/segment.ts';
import type { ReadRoom } from './read-room.ts';

/** A part of the journal whose slices are in order. What is between them is not wanted. */
export interface JournalRange {
  /** The sequence that it follows. */
  readonly after: number;
  readonly through: number;
  readonly slices: readonly FeedSlice[];
}

/** About what a page takes in memory, or a slice, beside its records. */
const OBJECT_BYTES = 256;

export class CachedPage {
  readonly after: number;
  readonly slices: readonly CachedSlice[];
  /** About what it takes in memory. */
  readonly memoryBytes: number;
  /** In UTF-8. */
  readonly bytes: number;
  #through: number;

  constructor({ after, through, slices }: JournalRange) {
    this.after = after;
    this.#through = through;
    this.slices = slices.map((slice) => new CachedSlice(slice));
    this.memoryBytes = this.slices.reduce((sum, each) => sum + each.memoryBytes, OBJECT_BYTES);
    this.bytes = this.slices.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get through(): number {
    return this.#through;
  }

  /** Made when somebody asks: a region head may have no subscribers of its own. */
  get entries(): JournalEntry[] {
    return this.slices.flatMap((slice) => slice.entries());
  }

  /** Nothing up to this sequence is wanted. */
  extend(through: number): void {
    this.#through = through;
  }

  /**
   * Visits the records after a sequence, up to another.
   *
   * @returns the last sequence for which there was room
   */
  visit(
    after: number,
    through: number,
    room: ReadRoom,
    visitor: (slice: CachedSlice, from: number, to: number) => void,
  ): number {
    const end = Math.min(through, this.#through);
    for (const slice of this.slices) {
      if (slice.last <= after) continue;
      const from = Math.max(slice.first, after + 1);
      const to = Math.min(slice.last, end);
      if (from > to) break;
      const reached = room.fill(from, to, (sequence) => slice.bytesOf(sequence));
      if (reached >= from) visitor(slice, from, reached);
      if (reached < to) return Math.max(reached, after);
    }
    return end;
  }
}

export class CachedSlice {
  readonly slice: FeedSlice;
  readonly first: number;
  readonly last: number;
  /** In UTF-8. */
  readonly bytes: number;
  readonly memoryBytes: number;
  readonly #bytesPerUnit: number;
  readonly #entries: JournalEntry[] = [];

  constructor(slice: FeedSlice) {
    const { keys, frames } = slice.records;
    const units = keys.length + frames.length;
    this.slice = slice;
    this.first = slice.first;
    this.last = lastOfSlice(slice);
    this.bytes = Buffer.byteLength(keys) + Buffer.byteLength(frames);
    this.#bytesPerUnit = units === 0 ? 0 : this.bytes / units;
    this.memoryBytes =
      OBJECT_BYTES + memoryOf(keys) + memoryOf(frames) + slice.acceptedAt.length * RECORD_BYTES;
  }

  /** About those of one record. */
  bytesOf(sequence: number): number {
    const { ends } = this.slice.records;
    const place = 2 * (sequence - this.first);
    const units =
      (ends[place] ?? 0) -
      (ends[place - 2] ?? 0) +
      ((ends[place + 1] ?? 0) - (ends[place - 1] ?? 0));
    return units * this.#bytesPerUnit;
  }

  entries(from = this.first, to = this.last): JournalEntry[] {
    return Array.from({ length: to - from + 1 }, (_, i) => this.#entry(from + i));
  }

  #entry(sequence: number): JournalEntry {
    const place = sequence - this.first;
    this.#entries[place] ??= this.#read(sequence, place);
    return this.#entries[place];
  }

  #read(sequence: number, place: number): JournalEntry {
    const json = frameAt(this.slice.records, place);
    return json === ''
      ? gapEntry(sequence, keyAt(this.slice.records, place))
      : new EventEntry(sequence, new Frame(json));
  }
}
