/**
 * The fingerprints of the newest events of a journal, in memory: by them a duplicate is found, and the events with an id.
 * They are read from the segments when they are first needed. So a hub that wakes does not read them, and one whose
 * fingerprints were dropped for the sake of others reads them again.
 */
import { DEDUPLICATION_WINDOW_EVENTS } from '../limits.ts';
import { FINGERPRINT_WORDS } from './fingerprint.ts';
import { FingerprintBlock } from './fingerprint-block.ts';
import { fingerprintMemory } from './fingerprint-memory.ts';
import type { Order, SegmentInfo } from './segment.ts';

/** The fingerprints of a segment, or none if they are damaged. */
export interface SegmentFingerprints {
  /** The sequence of the first event. */
  readonly first: number;
  readonly fingerprints: Uint32Array;
}

/** Where they are stored. */
interface StoredFingerprints {
  /** The segment with this sequence, or the next one. */
  at(sequence: number): SegmentInfo | undefined;
  /** Those of the segments from one on, oldest first. */
  fingerprintsFrom(first: number): Iterable<SegmentFingerprints>;
}

export class FingerprintWindow {
  readonly #segments: StoredFingerprints;
  /** The older block is full and is dropped when the newer one is. Undefined until they are read. */
  #blocks: { older: FingerprintBlock | undefined; newer: FingerprintBlock } | undefined;

  constructor(segments: StoredFingerprints) {
    this.#segments = segments;
  }

  /** The bytes that it takes at present. */
  get byteLength(): number {
    const { older, newer } = this.#blocks ?? {};
    return (older?.byteLength ?? 0) + (newer?.byteLength ?? 0);
  }

  /** Drops the fingerprints. They are read again when they are needed. */
  drop(): void {
    this.#blocks = undefined;
    fingerprintMemory.remove(this);
  }

  /**
   * A retained event with this fingerprint that is accepted.
   *
   * @param next the sequence of the next event of the journal
   */
  find(
    low: number,
    high: number,
    next: number,
    accept: (sequence: number) => boolean,
  ): number | undefined {
    const { older, newer } = this.#read(next);
    return newer.find(low, high, accept) ?? older?.find(low, high, accept);
  }

  /** Adds events that follow the last one. Costs nothing until the others were read. */
  append(fingerprints: Uint32Array): void {
    const blocks = this.#blocks;
    if (blocks === undefined) return;
    const { newer } = blocks;
    const added = fingerprints.length / FINGERPRINT_WORDS;
    if (newer.count + added > DEDUPLICATION_WINDOW_EVENTS) {
      blocks.older = newer;
      blocks.newer = new FingerprintBlock(newer.first + newer.count);
    }
    blocks.newer.append(fingerprints);
  }

  /** Counts the memory that it takes now. To be called after it was searched or appended to. */
  accountMemory(): void {
    if (this.#blocks !== undefined) fingerprintMemory.use(this);
  }

  /**
   * The sequences of those events of the window whose id may have this fingerprint, in order.
   *
   * @param next the sequence of the next event of the journal
   */
  *withId(id: number, order: Order, next: number): Generator<number> {
    const { older, newer } = this.#read(next);
    const blocks = [older, newer].filter((block) => block !== undefined);
    for (const block of order === 'oldest first' ? blocks : blocks.reverse()) {
      yield* block.withId(id, order);
    }
  }

  /** The sequence of the first event of the window. */
  first(next: number): number {
    const { older, newer } = this.#read(next);
    return (older ?? newer).first;
  }

  #read(next: number): { older: FingerprintBlock | undefined; newer: FingerprintBlock } {
    if (this.#blocks !== undefined) return this.#blocks;
    const from = this.#segments.at(next - DEDUPLICATION_WINDOW_EVENTS)?.first ?? next;
    let newer = new FingerprintBlock(from, Math.min(next - from, DEDUPLICATION_WINDOW_EVENTS));
    for (const { first, fingerprints } of this.#segments.fingerprintsFrom(from)) {
      newer = continued(newer, first);
      newer.append(fingerprints);
    }
    this.#blocks = { older: undefined, newer: continued(newer, next) };
    fingerprintMemory.use(this);
    return this.#blocks;
  }
}

/** A block that continues at a sequence, though the fingerprints before it may be damaged. */
function continued(block: FingerprintBlock, next: number): FingerprintBlock {
  const missing = next - block.first - block.count;
  if (missing < 0 || missing > DEDUPLICATION_WINDOW_EVENTS) return new FingerprintBlock(next);
  if (missing > 0) block.append(new Uint32Array(missing * FINGERPRINT_WORDS));
  return block;
}
