/**
 * Trims a journal to its retention: number, bytes and age. Each trim costs a row, beside one for each record that
 * goes. So it waits until a sixteenth is too much or too old.
 */
import type { Retention } from '../../config/retention.ts';
import type { AlarmTask } from '../../objects/alarms.ts';
import { MAX_TRIMMED_EVENTS } from '../limits.ts';

const SLACK = 1 / 16;

/** A journal, as far as a trimmer needs it. */
interface Trimmable {
  readonly isEmpty: boolean;
  readonly trimmedThrough: number;
  readonly retained: { readonly events: number; readonly bytes: number };
  /** Infinity if there is no record. */
  readonly oldestAcceptedAt: number;
  startOfNewest(events: number, bytes: number): number;
  lastBefore(time: number): number;
  trimThrough(sequence: number): void;
  transaction(change: () => void): void;
}

export class Trimmer implements AlarmTask {
  readonly retention: Retention;
  readonly #journal: Trimmable;

  constructor(journal: Trimmable, retention: Retention) {
    this.#journal = journal;
    this.retention = retention;
  }

  /** To be called after an append, in its transaction. */
  trimIfTooLarge(): void {
    const { events, bytes } = this.#journal.retained;
    const { retention } = this;
    const isTooLarge =
      events > retention.events + Math.floor(retention.events * SLACK) ||
      bytes > retention.bytes + Math.floor(retention.bytes * SLACK);
    if (isTooLarge) this.#trim(0);
  }

  /** When a record will be too old, rounded up to a sixteenth of the age. Unix milliseconds. */
  nextDue(): number {
    if (this.#journal.isEmpty) return Number.POSITIVE_INFINITY;
    const { ageMs } = this.retention;
    const step = Math.ceil(ageMs * SLACK);
    return Math.ceil((this.#journal.oldestAcceptedAt + ageMs + 1) / step) * step;
  }

  run(now: number): void {
    this.#journal.transaction(() => this.#trim(now));
  }

  /** Trims at most `MAX_TRIMMED_EVENTS`; the alarm trims the rest. */
  #trim(now: number): void {
    const { events, bytes, ageMs } = this.retention;
    const { trimmedThrough } = this.#journal;
    const excess = Math.max(
      this.#journal.startOfNewest(events, bytes),
      this.#journal.lastBefore(now - ageMs),
    );
    const through = Math.min(excess, trimmedThrough + MAX_TRIMMED_EVENTS);
    if (through > trimmedThrough) this.#journal.trimThrough(through);
  }
}
