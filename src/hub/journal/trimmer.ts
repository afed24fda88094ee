/**
 * Trims a journal to its retention: number, bytes and age. Whole segments go, as soon as what remains is enough without
 * them. Each trim costs a row, beside one for each segment. So it waits until a sixteenth is too much or too old.
 */
import type { Retention } from '../../config/retention.ts';
import type { AlarmTask } from '../../objects/alarms.ts';
import { MAX_TRIMMED_BYTES, MAX_TRIMMED_SEGMENTS, RETENTION_SLACK } from '../limits.ts';
import { lastOf, type SegmentInfo } from './segment.ts';

/** A journal, as far as a trimmer needs it. */
interface Trimmable {
  readonly isEmpty: boolean;
  readonly trimmedThrough: number;
  readonly retained: { readonly events: number; readonly bytes: number };
  /** The last sequence and the bytes of all records. */
  readonly end: SegmentInfo;
  /** The segment with this sequence, or the next one. */
  segmentAt(sequence: number): SegmentInfo | undefined;
  trimThrough(segment: SegmentInfo): void;
  transaction(change: () => void): void;
}

export class Trimmer implements AlarmTask {
  readonly retention: Retention;
  readonly #journal: Trimmable;
  #maxBytes: number;

  constructor(journal: Trimmable, retention: Retention) {
    this.#journal = journal;
    this.retention = retention;
    this.#maxBytes = retention.bytes;
  }

  /** Lowers the bytes that are retained; Infinity for what the retention says. */
  limitBytes(bytes: number): void {
    this.#maxBytes = Math.min(this.retention.bytes, bytes);
  }

  /** To be called after an append, in its transaction. */
  trimIfTooLarge(): void {
    if (this.#isTooLarge) this.#trim(0);
  }

  /**
   * At once if it is too large, as after the retention was lowered; else when a segment will be too old, rounded up to a
   * sixteenth of the age. Unix milliseconds.
   */
  nextDue(): number {
    const oldest = this.#oldest;
    if (oldest === undefined) return Number.POSITIVE_INFINITY;
    if (this.#isTooLarge && this.#isExcess(oldest, 0)) return 0;
    const { ageMs } = this.retention;
    const step = Math.ceil(ageMs * RETENTION_SLACK);
    return Math.ceil((oldest.lastAcceptedAt + ageMs + 1) / step) * step;
  }

  run(now: number): void {
    this.#journal.transaction(() => this.#trim(now));
  }

  get #isTooLarge(): boolean {
    const { retained } = this.#journal;
    const { events } = this.retention;
    const bytes = this.#maxBytes;
    return (
      retained.events > events + Math.floor(events * RETENTION_SLACK) ||
      retained.bytes > bytes + Math.floor(bytes * RETENTION_SLACK)
    );
  }

  get #oldest(): SegmentInfo | undefined {
    const journal = this.#journal;
    return journal.isEmpty ? undefined : journal.segmentAt(journal.trimmedThrough + 1);
  }

  /** Trims a bounded number of segments and bytes; the alarm trims the rest. */
  #trim(now: number): void {
    const journal = this.#journal;
    let through: SegmentInfo | undefined;
    let oldest = this.#oldest;
    for (let segments = 0; oldest !== undefined && segments < MAX_TRIMMED_SEGMENTS; segments++) {
      const bytes = journal.retained.bytes - (journal.end.totalBytes - oldest.totalBytes);
      if (!this.#isExcess(oldest, now) || (segments > 0 && bytes > MAX_TRIMMED_BYTES)) break;
      through = oldest;
      oldest = journal.segmentAt(lastOf(oldest) + 1);
    }
    if (through !== undefined) journal.trimThrough(through);
  }

  #isExcess(segment: SegmentInfo, now: number): boolean {
    const { events, ageMs } = this.retention;
    const { end } = this.#journal;
    return (
      lastOf(end) - lastOf(segment) >= events ||
      end.totalBytes - segment.totalBytes >= this.#maxBytes ||
      segment.lastAcceptedAt < now - ageMs
    );
  }
}
