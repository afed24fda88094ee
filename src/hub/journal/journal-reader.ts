/** Reads the journal across its segments: pages, slices, and the place where a condition begins to hold. */
import type { JournalEntry } from './record.ts';
import type { RecordSlice, Segment, SegmentInfo } from './segment.ts';
import { lastOf } from './segment.ts';
import type { SegmentStore } from './segment-store.ts';

/** Entries that follow each other. */
export interface JournalPage {
  readonly entries: readonly JournalEntry[];
  /** Of their keys and frames. */
  readonly bytes: number;
}

/** A part of a segment. */
interface Part {
  readonly segment: Segment;
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

export class JournalReader {
  readonly #store: SegmentStore;

  constructor(store: SegmentStore) {
    this.#store = store;
  }

  read(after: number, through: number, maxEntries: number, maxBytes: number): JournalPage {
    const entries: JournalEntry[] = [];
    let sum = 0;
    for (const { segment, from, to, bytes } of this.#parts(after, through, maxEntries, maxBytes)) {
      sum += bytes;
      for (let sequence = from; sequence <= to; sequence++) {
        const entry = segment.entry(sequence);
        // Of a damaged segment one gap is enough.
        if (isUnreadable(entry) && isUnreadable(entries.at(-1))) entries.pop();
        entries.push(entry);
      }
    }
    return { entries, bytes: sum };
  }

  readSlices(after: number, through: number, maxRecords: number, maxBytes: number): RecordSlice[] {
    return Array.from(this.#parts(after, through, maxRecords, maxBytes), ({ segment, from, to }) =>
      segment.slice(from, to),
    );
  }

  /**
   * The first sequence that meets a condition which all after it meet too; the one after `last` if none does.
   *
   * @param ends whether the last record of a segment meets it
   */
  find(
    first: number,
    last: number,
    ends: (info: SegmentInfo) => boolean,
    meets: (segment: Segment, sequence: number) => boolean,
  ): number {
    let low = first;
    let high = last + 1;
    let found: SegmentInfo | undefined;
    while (low < high) {
      const info = this.#store.at(Math.floor((low + high) / 2));
      if (info !== undefined && !ends(info)) {
        low = lastOf(info) + 1;
      } else {
        if (info !== undefined && info.first <= last) found = info;
        high = Math.min(info?.first ?? low, Math.floor((low + high) / 2));
      }
    }
    const segment = found && this.#store.load(found.first);
    if (segment === undefined) return last + 1;
    low = Math.max(found?.first ?? first, first);
    high = Math.min(segment.last, last) + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (meets(segment, middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The parts of the segments between two sequences: at most so many records, and no more bytes if there are several. */
  *#parts(
    after: number,
    through: number,
    maxRecords: number,
    maxBytes: number,
  ): Generator<Part, void> {
    let records = 0;
    let bytes = 0;
    for (let next = after + 1; next <= through && records < maxRecords; ) {
      const segment = this.#store.load(next);
      if (segment === undefined || segment.info.first > through) return;
      const from = Math.max(next, segment.info.first);
      const bytesBefore = segment.totalBytes(from - 1);
      const most = Math.min(segment.last, through, from + maxRecords - records - 1);
      let to = from - 1;
      while (to < most) {
        const total = bytes + segment.totalBytes(to + 1) - bytesBefore;
        if (total > maxBytes && records + to + 1 - from > 0) break;
        to++;
      }
      if (to < from) return;
      const partBytes = segment.totalBytes(to) - bytesBefore;
      yield { segment, from, to, bytes: partBytes };
      records += to - from + 1;
      bytes += partBytes;
      if (to < most) return;
      next = to + 1;
    }
  }
}

function isUnreadable(entry: JournalEntry | undefined): boolean {
  return entry !== undefined && 'gap' in entry && entry.gap === 'unreadable';
}
