/**
 * Appends records to the end of a journal. Those of a transaction are one row: they are added to the last segment while
 * that is small, and else begin another.
 */
import type { Retention } from '../../config/retention.ts';
import { countOf, keyAt } from '../../event/event-batch.ts';
import { MAX_SEGMENT_BYTES, OPEN_SEGMENT_BYTES, RETENTION_SLACK } from '../limits.ts';
import { FINGERPRINT_WORDS } from './fingerprint.ts';
import type { FingerprintWindow } from './fingerprint-window.ts';
import type { StoredHeader } from './header.ts';
import { isNoEventKey, type NewRecords } from './record.ts';
import { lastOf, recordBytes, type SegmentInfo, type SegmentLimits } from './segment.ts';
import { SegmentBuilder } from './segment-builder.ts';
import { INDEX, INDEX_WORDS, MAX_DELAY_MS } from './segment-index.ts';
import type { SegmentStore } from './segment-store.ts';

/** The columns of the last segment, to append to them. */
interface OpenSegment {
  readonly fingerprints: Uint32Array;
  readonly index: Uint32Array;
}

interface AppenderParts {
  readonly store: SegmentStore;
  readonly window: FingerprintWindow;
  readonly retention: Retention;
  /** Has the sequence, time and bytes to go on from if there is no segment. */
  readonly header: StoredHeader;
}

export class Appender {
  readonly #parts: AppenderParts;
  readonly limits: SegmentLimits;
  readonly #fingerprint = new Uint32Array(FINGERPRINT_WORDS);
  /** Read when it is first needed: a hub that wakes reads nothing of its journal. */
  #end: SegmentInfo | undefined;
  /** Undefined until it is read; `closed` if nothing can be appended to the last segment. */
  #open: OpenSegment | 'closed' | undefined;

  constructor(parts: AppenderParts) {
    this.#parts = parts;
    const { events, bytes, ageMs } = parts.retention;
    this.limits = {
      maxCount: Math.max(Math.floor(events * RETENTION_SLACK), 1),
      maxBytes: Math.min(MAX_SEGMENT_BYTES, bytes * RETENTION_SLACK),
      maxDelayMs: Math.min(ageMs * RETENTION_SLACK, MAX_DELAY_MS),
    };
  }

  /** The last segment. If none is retained, one of the last trimmed record. */
  get end(): SegmentInfo {
    this.#end ??= this.#parts.store.last() ?? this.#parts.header.trimmed;
    return this.#end;
  }

  /** To be called if the last segment was changed otherwise. */
  forget(): void {
    this.#end = undefined;
    this.#open = undefined;
  }

  /**
   * @param which `new ones`: a record whose key is in the window is left out, as a duplicate
   * @param note is stored with them, in place of the last one
   * @returns for each of the batches the sequences of its records; undefined for a duplicate
   */
  append(
    batches: readonly NewRecords[],
    which: 'new ones' | 'all',
    note?: string,
  ): (number | undefined)[][] {
    const write = this.#parts.header.writeFingerprint;
    let builder = new SegmentBuilder(lastOf(this.end) + 1);
    let lastAcceptedAt = this.end.lastAcceptedAt;
    const sequences = batches.map((batch) => {
      const ofBatch: (number | undefined)[] = [];
      for (let i = 0; i < countOf(batch); i++) {
        write(batch.keys, batch.ends[2 * i - 2] ?? 0, batch.ends[2 * i] ?? 0, this.#fingerprint, 0);
        if (which === 'new ones' && this.#isDuplicate(batch, i, builder)) {
          ofBatch.push(undefined);
          continue;
        }
        lastAcceptedAt = Math.max(batch.acceptedAt[i] ?? 0, lastAcceptedAt);
        const bytes = recordBytes(batch, i);
        if (!this.#fits(builder, bytes, lastAcceptedAt)) {
          this.#store(builder, note);
          builder = new SegmentBuilder(lastOf(this.end) + 1);
        }
        ofBatch.push(builder.first + builder.count);
        builder.add(batch, i, this.#fingerprint, lastAcceptedAt, bytes);
        this.#parts.window.append(this.#fingerprint);
      }
      return ofBatch;
    });
    if (builder.count > 0) this.#store(builder, note);
    this.#parts.window.accountMemory();
    return sequences;
  }

  /** The columns of the last segment if records can be appended to it. */
  get #openSegment(): OpenSegment | undefined {
    this.#open ??= this.#parts.store.table.columnsOf(this.end) ?? 'closed';
    return this.#open === 'closed' ? undefined : this.#open;
  }

  #isDuplicate(batch: NewRecords, place: number, builder: SegmentBuilder): boolean {
    const { store, window } = this.#parts;
    const [low = 0, high = 0] = this.#fingerprint;
    const isSame = (sequence: number) => {
      const key = sequence >= builder.first ? builder.keyOf(sequence) : store.keyOf(sequence);
      return key === keyAt(batch, place) && !isNoEventKey(key);
    };
    return (
      window.find(low, high, builder.first, isSame) !== undefined ||
      (store.rows.last > 0 && store.rows.has(keyAt(batch, place)))
    );
  }

  #fits(builder: SegmentBuilder, bytes: number, acceptedAt: number): boolean {
    const { maxCount, maxBytes, maxDelayMs } = this.limits;
    return (
      builder.count === 0 ||
      (builder.count < maxCount &&
        builder.bytes + bytes <= maxBytes &&
        acceptedAt - builder.firstAcceptedAt <= maxDelayMs)
    );
  }

  #store(builder: SegmentBuilder, note: string | undefined): void {
    const { store } = this.#parts;
    const { end } = this;
    const { count, bytes, keys, frames, firstAcceptedAt, lastAcceptedAt } = builder;
    const open = this.#openSegment;
    const isExtending = open !== undefined && this.#canExtend(open, builder);
    const before = isExtending
      ? open
      : { fingerprints: new Uint32Array(), index: new Uint32Array() };
    const info: SegmentInfo = {
      first: isExtending ? end.first : builder.first,
      count: isExtending ? end.count + count : count,
      firstAcceptedAt: isExtending ? end.firstAcceptedAt : firstAcceptedAt,
      lastAcceptedAt,
      totalBytes: end.totalBytes + bytes,
    };
    const fingerprints = joined(before.fingerprints, builder.fingerprints);
    const index = builder.indexAfter(before.index, info.firstAcceptedAt);
    const tail = { info, fingerprints, index, keys, frames, note };
    if (isExtending) store.table.extend(tail, end);
    else store.table.insert(tail, end);
    this.#end = info;
    this.#open = { fingerprints, index };
  }

  #canExtend({ index }: OpenSegment, builder: SegmentBuilder): boolean {
    const { maxCount, maxBytes, maxDelayMs } = this.limits;
    const { count, firstAcceptedAt } = this.end;
    const bytes = index[index.length - INDEX_WORDS + INDEX.bytesEnd] ?? 0;
    return (
      count + builder.count <= maxCount &&
      bytes + builder.bytes <= Math.min(OPEN_SEGMENT_BYTES, maxBytes) &&
      builder.lastAcceptedAt - firstAcceptedAt <= maxDelayMs
    );
  }
}

function joined(before: Uint32Array, after: Uint32Array): Uint32Array {
  const all = new Uint32Array(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}
