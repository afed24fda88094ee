/** Reads the journal across its segments: pages, slices, and the place where a condition begins to hold. */
import { eventBatch } from '../../event/event-batch.ts';
import { logError } from '../../lib/log.ts';
import type { FeedSlice } from '../../objects/hub-contract.ts';
import type { JournalEntry } from './record.ts';
import { lastOf, type Segment, type SegmentInfo } from './segment.ts';
import type { SegmentStore } from './segment-store.ts';
import type { JournalPage } from './subscriber-journal.ts';

/** A part of a segment, or records that are lost: of a segment that cannot be read, or that is gone. */
type Part = ReadablePart | LostPart;

interface ReadablePart {
  readonly segment: Segment;
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

interface LostPart {
  readonly segment: undefined;
  readonly to: number;
  readonly bytes: 0;
  /** About when they were accepted. Unix milliseconds. */
  readonly acceptedAt: number;
}

export class JournalReader {
  readonly #store: SegmentStore;
  /** The first sequences of the segments that are damaged. */
  readonly #reported = new Set<number>();

  constructor(store: SegmentStore) {
    this.#store = store;
  }

  read(after: number, through: number, maxEntries: number, maxBytes: number): JournalPage {
    const entries: JournalEntry[] = [];
    let sum = 0;
    for (const part of this.#parts(after, through, maxEntries, maxBytes)) {
      sum += part.bytes;
      for (const entry of entriesOf(part)) {
        // Of records that follow each other, one gap is enough.
        if (isUnreadable(entry)) {
          if (isUnreadable(entries.at(-1))) entries.pop();
          else this.#reportLost(entry.sequence);
        }
        entries.push(entry);
      }
    }
    return { entries, bytes: sum, through: entries.at(-1)?.sequence ?? after };
  }

  /** Of what is lost, there is one record without a frame. */
  readSlices(after: number, through: number, maxRecords: number, maxBytes: number): FeedSlice[] {
    return Array.from(this.#parts(after, through, maxRecords, maxBytes), (part) =>
      part.segment === undefined
        ? {
            first: part.to,
            acceptedAt: Float64Array.of(part.acceptedAt),
            records: eventBatch([{ key: '', json: '' }]),
          }
        : part.segment.slice(part.from, part.to, (sequence) => this.#reportLost(sequence)),
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
      const first = segment?.info.first ?? Number.POSITIVE_INFINITY;
      if (segment === undefined || first > next || !segment.isReadable) {
        const to = Math.min(first > next ? first - 1 : (segment?.last ?? through), through);
        this.#reportLost(to);
        const acceptedAt = segment?.info.firstAcceptedAt ?? 0;
        yield { segment: undefined, to, bytes: 0, acceptedAt };
        records++;
        next = to + 1;
        continue;
      }
      const bytesBefore = segment.totalBytes(next - 1);
      const most = Math.min(segment.last, through, next + maxRecords - records - 1);
      let to = next - 1;
      while (to < most) {
        const total = bytes + segment.totalBytes(to + 1) - bytesBefore;
        if (total > maxBytes && records + to + 1 - next > 0) break;
        to++;
      }
      if (to < next) return;
      const partBytes = segment.totalBytes(to) - bytesBefore;
      yield { segment, from: next, to, bytes: partBytes };
      records += to - next + 1;
      bytes += partBytes;
      if (to < most) return;
      next = to + 1;
    }
  }

  /** Once for each segment. */
  #reportLost(sequence: number): void {
    const first = this.#store.at(sequence)?.first ?? sequence;
    if (this.#reported.has(first)) return;
    this.#reported.add(first);
    logError(`the event ${sequence} of the journal cannot be read, and maybe others near it`);
  }
}

function entriesOf(part: Part): JournalEntry[] {
  if (part.segment === undefined) {
    return [{ sequence: part.to, gap: 'unreadable', hub: undefined }];
  }
  const { segment, from, to } = part;
  return Array.from({ length: to - from + 1 }, (_, i) => segment.entry(from + i));
}

function isUnreadable(entry: JournalEntry | undefined): boolean {
  return entry !== undefined && 'gap' in entry && entry.gap === 'unreadable';
}
