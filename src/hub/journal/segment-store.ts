/** Where the segments of a journal are: in their table, and the oldest in rows that were not converted yet. */
import { nextCacheNumber, readCache } from './read-cache.ts';
import { Segment, type SegmentInfo } from './segment.ts';
import { SegmentTable } from './segment-table.ts';
import { UnconvertedRows } from './unconverted-rows.ts';

export class SegmentStore {
  readonly table: SegmentTable;
  readonly rows: UnconvertedRows;
  /** Tells its segments from those of others. */
  #number = nextCacheNumber();
  /** The segment of which a key was read last: duplicates mostly come in the order in which the events came. */
  #keys: Segment | undefined;

  /** @param trimmedBytes the bytes of all records that were trimmed */
  constructor(sql: SqlStorage, trimmedBytes: () => number) {
    this.rows = new UnconvertedRows(sql);
    this.table = new SegmentTable(sql, () => {
      const { last } = this.rows;
      return (last > 0 ? this.rows.at(last)?.totalBytes : undefined) ?? trimmedBytes();
    });
  }

  /** To be called if a change was rolled back. */
  forget(): void {
    this.rows.forget();
    this.#number = nextCacheNumber();
    this.#keys = undefined;
  }

  /** The segment with this sequence, or the next one. */
  at(sequence: number): SegmentInfo | undefined {
    return this.rows.last >= sequence ? this.rows.at(sequence) : this.table.at(sequence);
  }

  last(): SegmentInfo | undefined {
    return this.table.last() ?? (this.rows.last > 0 ? this.rows.at(this.rows.last) : undefined);
  }

  /** The segment with this sequence, or the next one, with its records. */
  load(sequence: number): Segment | undefined {
    if (this.rows.last >= sequence) return this.rows.from(sequence);
    const info = this.table.at(sequence);
    if (info === undefined) return undefined;
    const name = `${this.#number} ${info.first}`;
    const cached = readCache.get(name);
    const isKnown =
      cached instanceof Segment &&
      cached.info.count === info.count &&
      cached.info.totalBytes === info.totalBytes;
    if (isKnown) return cached;
    const segment = this.table.load(info.first);
    if (segment !== undefined) readCache.set(name, segment);
    return segment;
  }

  /** The key of an event that is in a segment. */
  keyOf(sequence: number): string | undefined {
    const known = this.#keys;
    if (known === undefined || sequence < known.info.first || sequence > known.last) {
      this.#keys = this.table.loadKeysAt(sequence);
    }
    return this.#keys?.keyOf(sequence);
  }

  deleteThrough(sequence: number): void {
    if (this.rows.last > 0) this.rows.deleteThrough(sequence);
    this.table.deleteBefore(sequence + 1);
    this.#keys = undefined;
  }
}
