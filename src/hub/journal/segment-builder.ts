/** Records on their way to a segment: those that are appended in one transaction, as far as they fit into one row. */
import { countOf, framesBetween, keyAt, keysBetween } from '../../event/event-batch.ts';
import { GrowingArray } from '../../lib/growing-array.ts';
import type { NewRecords } from './record.ts';
import { checksumOf, ENDS, INDEX, INDEX_WORDS } from './segment-index.ts';

/** Records of one request that follow each other, in the texts of the request. */
interface Run {
  readonly from: NewRecords;
  /** The index of its first record there. */
  readonly start: number;
  count: number;
}

export class SegmentBuilder {
  /** The sequence of its first record. */
  readonly first: number;
  readonly #runs: Run[] = [];
  /** Their ends are those of its own texts. */
  readonly #index = new GrowingArray();
  readonly #fingerprints = new GrowingArray();
  readonly #acceptedAt: number[] = [];
  #keyUnits = 0;
  #frameUnits = 0;
  #bytes = 0;

  constructor(first: number) {
    this.first = first;
  }

  get count(): number {
    return this.#acceptedAt.length;
  }

  /** Of the keys and frames. */
  get bytes(): number {
    return this.#bytes;
  }

  get fingerprints(): Uint32Array {
    return this.#fingerprints.values;
  }

  /** Unix milliseconds. */
  get firstAcceptedAt(): number {
    return this.#acceptedAt[0] ?? 0;
  }

  get lastAcceptedAt(): number {
    return this.#acceptedAt.at(-1) ?? 0;
  }

  /** @param bytes of the record, from `recordBytes` */
  add(
    from: NewRecords,
    place: number,
    fingerprint: Uint32Array,
    acceptedAt: number,
    bytes: number,
  ): void {
    const run = this.#runs.at(-1);
    if (run?.from === from && run.start + run.count === place) run.count++;
    else this.#runs.push({ from, start: place, count: 1 });
    const { ends, frames } = from;
    const frameStart = ends[2 * place - 1] ?? 0;
    const frameEnd = ends[2 * place + 1] ?? 0;
    this.#keyUnits += (ends[2 * place] ?? 0) - (ends[2 * place - 2] ?? 0);
    this.#frameUnits += frameEnd - frameStart;
    this.#bytes += bytes;
    const at = this.#index.length;
    const words = this.#index.extend(INDEX_WORDS);
    words[at + INDEX.keyEnd] = this.#keyUnits;
    words[at + INDEX.frameEnd] = this.#frameUnits;
    words[at + INDEX.bytesEnd] = this.#bytes;
    words[at + INDEX.checksum] = checksumOf(frames, frameStart, frameEnd);
    this.#fingerprints.append(fingerprint);
    this.#acceptedAt.push(acceptedAt);
  }

  /** The key of one of its records. */
  keyOf(sequence: number): string {
    let place = sequence - this.first;
    for (const { from, start, count } of this.#runs) {
      if (place < count) return keyAt(from, start + place);
      place -= count;
    }
    return '';
  }

  get keys(): string {
    return this.#joined(keysBetween);
  }

  get frames(): string {
    return this.#joined(framesBetween);
  }

  /**
   * The index of its records after those of a segment.
   *
   * @param before the index of the segment; empty if there is none
   * @param firstAcceptedAt of the segment
   */
  indexAfter(before: Uint32Array, firstAcceptedAt: number): Uint32Array {
    const index = new Uint32Array(before.length + this.#index.length);
    index.set(before);
    index.set(this.#index.values, before.length);
    const lastBefore = before.length - INDEX_WORDS;
    for (const [place, acceptedAt] of this.#acceptedAt.entries()) {
      const at = before.length + place * INDEX_WORDS;
      for (const end of ENDS) {
        index[at + end] = (index[at + end] ?? 0) + (before[lastBefore + end] ?? 0);
      }
      index[at + INDEX.delay] = acceptedAt - firstAcceptedAt;
    }
    return index;
  }

  #joined(part: (from: NewRecords, start: number, end: number) => string): string {
    let text = '';
    for (const { from, start, count } of this.#runs) text += part(from, start, start + count);
    return text;
  }
}

/** Records that were accepted at the same time. */
export function acceptedTogether(records: Omit<NewRecords, 'acceptedAt'>, at: number): NewRecords {
  return { ...records, acceptedAt: new Float64Array(countOf(records)).fill(at) };
}
