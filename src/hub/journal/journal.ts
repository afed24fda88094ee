/**
 * The journal of a hub: a log of its events in the order in which it accepted them, retained for a while. An event is
 * appended before it is acknowledged or sent, and a subscriber that reconnects resumes from its position.
 *
 * A sequence is never given twice: an emptied journal continues to count, and a lost one gets another epoch. Accept
 * times never go back, though the clock may. So both can be searched.
 */
import type { Retention } from '../../config/retention.ts';
import { type JournalHeader, newHeader } from './header.ts';
import { JournalTable } from './journal-table.ts';
import {
  decodeRecord,
  type EventEntry,
  type NewRecord,
  type RecordInfo,
  type RecordPage,
  recordBytes,
  type StoredRecord,
} from './record.ts';
import { Trimmer } from './trimmer.ts';

const HEADER_KEY = 'journal_header';

export class Journal {
  readonly trimmer: Trimmer;
  readonly #storage: DurableObjectStorage;
  readonly #records: JournalTable;
  /** These are read when they are first needed: a hub that wakes reads nothing of its journal. */
  #header: JournalHeader | undefined;
  #end: RecordInfo | undefined;
  #oldestAcceptedAt: number | undefined;
  /** The last sequence before the hidden ones; undefined if none is hidden. */
  #hiddenAfter: number | undefined;

  constructor(storage: DurableObjectStorage, retention: Retention) {
    this.#storage = storage;
    this.#records = new JournalTable(storage.sql);
    this.trimmer = new Trimmer(this, retention);
  }

  get epoch(): string {
    return this.#ensureHeader().epoch;
  }

  get maxAgeMs(): number {
    return this.trimmer.retention.ageMs;
  }

  /** The last sequence that subscribers may see: of a trimmed event if none is retained. Hidden ones lie beyond. */
  get last(): number {
    return this.#hiddenAfter ?? this.#lastRecord().sequence;
  }

  /** Every record after this sequence is retained. */
  get trimmedThrough(): number {
    return this.#ensureHeader().trimmedThrough;
  }

  /** Events accepted until this time may be missing; 0 if none is. Unix milliseconds. */
  get trimmedUntil(): number {
    return this.#ensureHeader().trimmedUntil;
  }

  /** Events accepted before this time were never in this journal. Unix milliseconds. */
  get recordedSince(): number {
    return this.#ensureHeader().recordedSince;
  }

  /** Whether there is no record. Creates no header. */
  get isEmpty(): boolean {
    const header = this.#storedHeader();
    return header === undefined || this.#lastRecord().sequence === header.trimmedThrough;
  }

  /** Whether there never was a record. Creates no header. */
  get isUnused(): boolean {
    return this.isEmpty && (this.#storedHeader()?.trimmedThrough ?? 0) === 0;
  }

  /** Whether it has every event that its hub ever accepted. */
  get isComplete(): boolean {
    const { isFirstEpoch = false, trimmedThrough } = this.#ensureHeader();
    return isFirstEpoch && trimmedThrough === 0;
  }

  get retained(): { events: number; bytes: number } {
    const { trimmedThrough, trimmedBytes } = this.#ensureHeader();
    const { sequence, totalBytes } = this.#lastRecord();
    return { events: sequence - trimmedThrough, bytes: totalBytes - trimmedBytes };
  }

  /** Infinity if there is no record. Unix milliseconds. */
  get oldestAcceptedAt(): number {
    this.#oldestAcceptedAt ??= this.#records.at(0)?.acceptedAt ?? Number.POSITIVE_INFINITY;
    return this.#oldestAcceptedAt;
  }

  /** Creates the header if there is none. @param isFirstEpoch whether the hub had no journal before */
  createHeader(isFirstEpoch: boolean): void {
    if (this.#storedHeader() === undefined) this.#setHeader({ ...newHeader(), isFirstEpoch });
  }

  /** Runs `change` as a whole or not at all. */
  transaction<T>(change: () => T): T {
    try {
      return this.#storage.transactionSync(change);
    } catch (error) {
      this.#header = undefined;
      this.#end = undefined;
      this.#oldestAcceptedAt = undefined;
      throw error;
    }
  }

  /**
   * Appends the records that are not duplicates; to be called in a transaction.
   *
   * @returns the sequence of each record; undefined for a duplicate, which costs no row
   * @throws if the next sequence is taken, by a second writer: nothing of the transaction is stored
   */
  append(records: readonly NewRecord[]): (number | undefined)[] {
    this.#ensureHeader();
    const sequences = records.map((record) => this.#append(record));
    this.trimmer.trimIfTooLarge();
    return sequences;
  }

  /** Hides what is appended from now on, until it is durable. */
  hideAppended(): void {
    this.#hiddenAfter = this.#lastRecord().sequence;
  }

  showAppended(): void {
    this.#hiddenAfter = undefined;
  }

  /** The records after a sequence, in order: at most so many, and no more bytes if there are several. */
  read(after: number, maxRecords: number, maxBytes: number): RecordPage {
    return this.#records.read(after, this.last, maxRecords, maxBytes);
  }

  /** The bytes after a sequence, approximately. */
  bytesAfter(sequence: number): number {
    if (sequence <= this.trimmedThrough) return this.retained.bytes;
    const { totalBytes } = this.#lastRecord();
    return totalBytes - (this.#records.at(sequence)?.totalBytes ?? totalBytes);
  }

  /** The newest events with this id, of any publisher, newest first. */
  newestWithId(id: string): EventEntry[] {
    return eventsOf(this.#records.withId(id, 'newest first'));
  }

  /** The oldest events with this id, of any publisher, oldest first. */
  oldestWithId(id: string): EventEntry[] {
    return eventsOf(this.#records.withId(id, 'oldest first'));
  }

  /** When the event was accepted; 0 if it is not retained. Unix milliseconds. */
  acceptedAt(sequence: number): number {
    const record = this.#records.at(sequence);
    return record?.sequence === sequence ? record.acceptedAt : 0;
  }

  /** The last sequence that was accepted before a time. Unix milliseconds. */
  lastBefore(time: number): number {
    return this.#search(({ acceptedAt }) => acceptedAt >= time) - 1;
  }

  /** The lowest sequence after which there are no more than so many events and bytes. */
  startOfNewest(events: number, bytes: number): number {
    const { sequence, totalBytes } = this.#lastRecord();
    const byBytes =
      this.retained.bytes > bytes
        ? this.#search((record) => totalBytes - record.totalBytes <= bytes)
        : 0;
    return Math.max(sequence - events, byBytes, this.trimmedThrough);
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
    const header = this.#ensureHeader();
    this.#setHeader({
      ...header,
      recordedSince,
      trimmedUntil: Math.max(header.trimmedUntil, trimmedUntil),
    });
  }

  /** Deletes the records up to a sequence. */
  trimThrough(sequence: number): void {
    const last = this.#records.at(sequence);
    if (last === undefined) return;
    this.#records.deleteThrough(sequence);
    const header = this.#ensureHeader();
    this.#setHeader({
      ...header,
      trimmedThrough: sequence,
      // What a wildcard hub did not get of another hub's journal may be younger.
      trimmedUntil: Math.max(header.trimmedUntil, last.acceptedAt),
      trimmedBytes: last.totalBytes,
    });
  }

  #append({ key, acceptedAt, json }: NewRecord): number | undefined {
    const end = this.#lastRecord();
    const next = {
      sequence: end.sequence + 1,
      acceptedAt: Math.max(acceptedAt, end.acceptedAt),
      totalBytes: end.totalBytes + recordBytes(key, json),
    };
    if (!this.#records.insert(next, key, json)) return undefined;
    this.#end = next;
    return next.sequence;
  }

  /** The first sequence whose record meets a condition that all after it meet too; the next one if none does. */
  #search(isMet: (record: RecordInfo) => boolean): number {
    let low = this.trimmedThrough + 1;
    let high = this.last + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const record = this.#records.at(middle);
      if (record === undefined || isMet(record)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #storedHeader(): JournalHeader | undefined {
    this.#header ??= this.#storage.kv.get<JournalHeader>(HEADER_KEY);
    return this.#header;
  }

  #ensureHeader(): JournalHeader {
    return this.#storedHeader() ?? this.#setHeader(newHeader());
  }

  #setHeader(header: JournalHeader): JournalHeader {
    this.#storage.kv.put(HEADER_KEY, header);
    this.#header = header;
    this.#oldestAcceptedAt = undefined;
    return header;
  }

  /** The last record; what the header says of the last trimmed one if none is retained. */
  #lastRecord(): RecordInfo {
    this.#end ??= this.#records.last();
    if (this.#end === undefined) {
      const { trimmedThrough, trimmedUntil, trimmedBytes } = this.#ensureHeader();
      this.#end = {
        sequence: trimmedThrough,
        acceptedAt: trimmedUntil,
        totalBytes: trimmedBytes,
      };
    }
    return this.#end;
  }
}

function eventsOf(records: readonly StoredRecord[]): EventEntry[] {
  return records.map(decodeRecord).filter((entry) => 'frame' in entry);
}
