/**
 * Converts the rows that a hub of release 0.2 or before has stored to segments, some in each turn of the event loop. The
 * newest come first, so that all rows are older than all segments.
 */
import type { AlarmTask } from '../../objects/alarms.ts';
import { MAX_CONVERTED_SEGMENTS } from '../limits.ts';
import type { StoredHeader } from './header.ts';
import type { SegmentLimits } from './segment.ts';
import type { SegmentStore } from './segment-store.ts';

interface RowConversionParts {
  readonly journal: Convertible;
  readonly store: SegmentStore;
  readonly limits: SegmentLimits;
  readonly header: StoredHeader;
}

/** A journal, as far as its conversion needs it. */
interface Convertible {
  transaction(change: () => void): void;
  converted(): void;
}

export class RowConversion implements AlarmTask {
  readonly #parts: RowConversionParts;

  constructor(parts: RowConversionParts) {
    this.#parts = parts;
  }

  /** At once, if there is a row. */
  nextDue(): number {
    return this.#parts.store.rows.last > 0 ? 0 : Number.POSITIVE_INFINITY;
  }

  async run(): Promise<void> {
    for (let segments = 0; segments < MAX_CONVERTED_SEGMENTS && this.#convertSome(); segments++) {
      await scheduler.wait(0);
    }
  }

  /** @returns whether there was a row */
  #convertSome(): boolean {
    const { journal, store, limits, header } = this.#parts;
    const { rows, table } = store;
    if (rows.last === 0) return false;
    journal.transaction(() => {
      const tail = rows.takeNewest(limits, header.writeFingerprint);
      if (tail !== undefined) table.insertBefore(tail);
    });
    journal.converted();
    return true;
  }
}
