/**
 * The journal of a hub: a log of its events in the order in which it accepted them, retained for a while. An event is
 * appended before it is acknowledged or sent, and a subscriber that reconnects resumes from its position.
 *
 * A sequence is never given twice: an emptied journal continues to count, and a lost one gets another epoch. Accept
 * times never go back, though the clock may. So both can be searched.
 *
 * It is stored as segments: rows of many events (`segment.ts`).
 */
import type { Retention } from '../../config/retention.ts';
import type { FeedPosition, FeedSlice } from '../../objects/hub-contract.ts';
import type { JournalFacts, Located, LocateQuery } from '../../objects/replica-contract.ts';
import { Appender } from './appender.ts';
import { bytesToSearchAmong } from './bytes-to-search.ts';
import { FingerprintWindow } from './fingerprint-window.ts';
import { factsOf, StoredHeader } from './header.ts';
import { sequencesWithId } from './id-search.ts';
import { JournalReader } from './journal-reader.ts';
import type { EventEntry, NewRecords } from './record.ts';
import { RowConversion } from './row-conversion.ts';
import { lastOf, type Order, type SegmentInfo } from './segment.ts';
import { SegmentStore } from './segment-store.ts';
import type { JournalPage, JournalPart, SubscriberJournal } from './subscriber-journal.ts';
import { Trimmer } from './trimmer.ts';

export class Journal implements SubscriberJournal {
  readonly trimmer: Trimmer;
  readonly conversion: RowConversion;
  readonly #storage: DurableObjectStorage;
  readonly #header: StoredHeader;
  readonly #store: SegmentStore;
  readonly #window: FingerprintWindow;
  readonly #appender: Appender;
  readonly #reader: JournalReader;
  /** The oldest segment. Read when it is first needed, like all others: a hub that wakes reads nothing of its journal. */
  #oldest: SegmentInfo | undefined;
  /** The last sequence before the hidden ones; undefined if none is hidden. */
  #hiddenAfter: number | undefined;
  /** Are told when nothing is hidden. */
  readonly #waiting: (() => void)[] = [];

  constructor(storage: DurableObjectStorage, retention: Retention) {
    this.#storage = storage;
    this.#header = new StoredHeader(storage);
    this.#store = new SegmentStore(storage.sql, () => this.#header.ensured.trimmedBytes);
    this.#window = new FingerprintWindow(this.#store.table);
    this.#reader = new JournalReader(this.#store);
    this.#appender = new Appender({
      store: this.#store,
      window: this.#window,
      retention,
      header: this.#header,
    });
    this.trimmer = new Trimmer(this, retention);
    this.conversion = new RowConversion({
      journal: this,
      store: this.#store,
      limits: this.#appender.limits,
      header: this.#header,
    });
  }

  get epoch(): string {
    return this.#header.ensured.epoch;
  }

  /** The epoch before this one, if the hub was restored, and the last sequence that both have. */
  get restoredFrom(): FeedPosition | undefined {
    return this.#header.ensured.restoredFrom;
  }

  get maxAgeMs(): number {
    return this.trimmer.retention.ageMs;
  }

  /** The last sequence that subscribers may see: of a trimmed event if none is retained. Hidden ones lie beyond. */
  get last(): number {
    return this.#hiddenAfter ?? lastOf(this.end);
  }

  /** The last segment, hidden events included. If none is retained, one of the last trimmed event. */
  get end(): SegmentInfo {
    return this.#appender.end;
  }

  /** Every record after this sequence is retained. */
  get trimmedThrough(): number {
    return this.#header.ensured.trimmedThrough;
  }

  /** Events accepted until this time may be missing; 0 if none is. Unix milliseconds. */
  get trimmedUntil(): number {
    return this.#header.ensured.trimmedUntil;
  }

  /** Events accepted before this time were never in this journal. Unix milliseconds. */
  get recordedSince(): number {
    return this.#header.ensured.recordedSince;
  }

  /** Whether there is no record. Creates no header. */
  get isEmpty(): boolean {
    const header = this.#header.stored;
    return header === undefined || lastOf(this.end) === header.trimmedThrough;
  }

  /** Whether there never was a record. Creates no header. */
  get isUnused(): boolean {
    return this.isEmpty && (this.#header.stored?.trimmedThrough ?? 0) === 0;
  }

  /** Whether it has every event that its hub ever accepted. */
  get isComplete(): boolean {
    return this.facts.isComplete;
  }

  get facts(): JournalFacts {
    return factsOf(this.#header.ensured);
  }

  get retained(): { events: number; bytes: number } {
    const { trimmedThrough, trimmedBytes } = this.#header.ensured;
    return { events: lastOf(this.end) - trimmedThrough, bytes: this.end.totalBytes - trimmedBytes };
  }

  /** What the owner stored with the newest records; empty if it stored nothing. Hidden ones count. */
  get note(): string {
    return this.isEmpty
      ? (this.#header.stored?.note ?? '')
      : this.#store.table.noteOf(this.end.first);
  }

  /** Creates the header if there is none. @param isFirstEpoch whether the hub had no journal before */
  createHeader(isFirstEpoch: boolean): void {
    if (this.#header.stored === undefined) this.#header.create(isFirstEpoch);
  }

  /** Runs `change` as a whole or not at all. */
  transaction<T>(change: () => T): T {
    try {
      return this.#storage.transactionSync(change);
    } catch (error) {
      this.#header.forget();
      this.#oldest = undefined;
      this.#appender.forget();
      this.#store.forget();
      this.#window.drop();
      throw error;
    }
  }

  /**
   * Appends the records of several requests that are not duplicates; to be called in a transaction.
   *
   * @param note is stored in the same row, in place of the last one; undefined for none
   * @returns for each request the sequences of its records; undefined for a duplicate, which costs no row
   * @throws if the next sequence is taken, by a second writer: nothing of the transaction is stored
   */
  append(requests: readonly NewRecords[], note?: string): (number | undefined)[][] {
    const sequences = this.#appender.append(requests, 'new ones', note);
    this.trimmer.trimIfTooLarge();
    return sequences;
  }

  /**
   * Appends records; to be called in a transaction.
   *
   * @param which `all` if none is a duplicate
   * @param note is stored in the same row, in place of the last one
   * @returns as `append`
   */
  appendWithNote(
    records: readonly NewRecords[],
    which: 'new ones' | 'all',
    note: string,
  ): (number | undefined)[][] {
    const sequences = this.#appender.append(records, which, note);
    this.trimmer.trimIfTooLarge();
    return sequences;
  }

  /** Replaces the note. */
  setNote(note: string): void {
    if (this.isEmpty) this.#header.change({ note });
    else this.#store.table.setNote(this.end.first, note);
  }

  /** The storage was restored: another epoch begins. Sequences continue from the last one that is here. */
  restored(now: number): void {
    if (this.#header.stored !== undefined) this.#header.renew(lastOf(this.end), now);
  }

  /** Deletes all records. Another epoch begins, so that every position of before is told that records are missing. */
  empty(now: number): void {
    if (!this.isEmpty) this.trimThrough(this.end);
    this.restored(now);
  }

  /** Hides what is appended from now on, until it is durable. */
  hideAppended(): void {
    this.#hiddenAfter = lastOf(this.end);
  }

  showAppended(): void {
    this.#hiddenAfter = undefined;
    for (const isShown of this.#waiting.splice(0)) isShown();
  }

  /** Resolves when what is hidden now is visible. */
  async shown(): Promise<void> {
    if (this.#hiddenAfter === undefined) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The entries after a sequence, in order: at most so many, and no more bytes if there are several. */
  read(after: number, maxEntries: number, maxBytes: number): JournalPage {
    const from = Math.max(after, this.trimmedThrough);
    return this.#reader.read(from, this.last, maxEntries, maxBytes);
  }

  /** The same as records, to be stored elsewhere. */
  readSlices(after: number, maxRecords: number, maxBytes: number): FeedSlice[] {
    const from = Math.max(after, this.trimmedThrough);
    return this.#reader.readSlices(from, this.last, maxRecords, maxBytes);
  }

  readPart(after: number, maxRecords: number, maxBytes: number): JournalPart {
    const from = Math.max(after, this.trimmedThrough);
    const slices = this.readSlices(from, maxRecords, maxBytes);
    const { first, acceptedAt } = slices.at(-1) ?? { first: from + 1, acceptedAt: [] };
    return { after: from, through: first + acceptedAt.length - 1, slices, isMissing: from > after };
  }

  /** Everything is readable at once. */
  load(): undefined {}

  /** The bytes after a sequence. */
  bytesAfter(sequence: number): number {
    if (sequence <= this.trimmedThrough) return this.retained.bytes;
    const { totalBytes } = this.end;
    return totalBytes - (this.#store.load(sequence)?.totalBytes(sequence) ?? totalBytes);
  }

  get bytesToSearch(): number {
    return bytesToSearchAmong(this.retained.events);
  }

  /** The newest events with this id, of any publisher, newest first. */
  newestWithId(id: string): EventEntry[] {
    return this.#withId(id, 'newest first');
  }

  /** The oldest events with this id, of any publisher, oldest first. */
  oldestWithId(id: string): EventEntry[] {
    return this.#withId(id, 'oldest first');
  }

  /** When the event was accepted; 0 if it is not retained. Unix milliseconds. */
  acceptedAt(sequence: number): number {
    if (sequence <= this.trimmedThrough) return 0;
    return this.#store.load(sequence)?.acceptedAt(sequence) ?? 0;
  }

  /** The last sequence that was accepted before a time. Unix milliseconds. */
  lastBefore(time: number): number {
    const first = this.#reader.find(
      this.trimmedThrough + 1,
      this.last,
      ({ lastAcceptedAt }) => lastAcceptedAt >= time,
      (segment, sequence) => segment.acceptedAt(sequence) >= time,
    );
    return first - 1;
  }

  async locate(query: LocateQuery): Promise<Located> {
    if ('before' in query) return { after: this.lastBefore(query.before) };
    const events = this.oldestWithId(query.id);
    return { events: events.map(({ sequence, facts }) => ({ sequence, facts })) };
  }

  /** The lowest sequence after which there are no more than so many events and bytes. */
  startOfNewest(events: number, bytes: number): number {
    const hidden = this.#hiddenAfter === undefined ? 0 : this.bytesAfter(this.last);
    const totalBytes = this.end.totalBytes - hidden;
    const byBytes =
      this.retained.bytes - hidden > bytes
        ? this.#reader.find(
            this.trimmedThrough + 1,
            this.last,
            (info) => totalBytes - info.totalBytes <= bytes,
            (segment, sequence) => totalBytes - segment.totalBytes(sequence) <= bytes,
          )
        : 0;
    return Math.max(this.last - events, byBytes, this.trimmedThrough);
  }

  /**
   * Whether everything accepted since a time is retained.
   *
   * @param tolerance milliseconds by which the time may be before the journal was created: clocks differ
   */
  isCompleteSince(time: number, tolerance: number): boolean {
    return time > this.trimmedUntil && time >= this.recordedSince - tolerance;
  }

  /** Notes which times the journal covers, after it was filled from the journals of other hubs. */
  setCoverage(recordedSince: number, trimmedUntil: number): void {
    this.#header.change({
      recordedSince,
      trimmedUntil: Math.max(this.trimmedUntil, trimmedUntil),
    });
  }

  /** The segment with this sequence, or the next one. */
  segmentAt(sequence: number): SegmentInfo | undefined {
    if (sequence >= this.end.first) return sequence <= lastOf(this.end) ? this.end : undefined;
    if (sequence !== this.trimmedThrough + 1) return this.#store.at(sequence);
    if (this.#oldest === undefined || lastOf(this.#oldest) < sequence) {
      this.#oldest = this.#store.at(sequence);
    }
    return this.#oldest;
  }

  /** Deletes the segments up to this one. */
  trimThrough(segment: SegmentInfo): void {
    const trimmedThrough = lastOf(segment);
    const isAll = trimmedThrough >= lastOf(this.end);
    // That of the last segment, also if it is empty: the header may have an older one.
    const { note } = isAll ? this : this.#header.ensured;
    this.#store.deleteThrough(trimmedThrough);
    this.#header.change({
      trimmedThrough,
      // What a wildcard hub did not get of another hub's journal may be younger.
      trimmedUntil: Math.max(this.trimmedUntil, segment.lastAcceptedAt),
      trimmedBytes: segment.totalBytes,
      ...(note !== undefined && { note }),
    });
    if (isAll) this.#appender.forget();
  }

  /** Rows were converted to segments. */
  converted(): void {
    this.#oldest = undefined;
    this.#window.drop();
    this.#appender.forget();
  }

  #withId(id: string, order: Order): EventEntry[] {
    const parts = {
      store: this.#store,
      window: this.#window,
      write: this.#header.writeFingerprint,
    };
    return sequencesWithId(id, order, lastOf(this.end) + 1, parts)
      .filter((sequence) => sequence > this.trimmedThrough && sequence <= this.last)
      .map((sequence) => this.#store.load(sequence)?.entry(sequence))
      .filter((entry) => entry !== undefined && 'frame' in entry);
  }
}
