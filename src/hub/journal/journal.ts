/**
 * The journal of a hub: its events in the order in which it accepted them, kept for as long as the
 * retention says. An event is appended before it is acknowledged or sent, and who comes back reads on
 * from where it was.
 *
 * A sequence is never given twice: a journal that was emptied goes on counting, and one that was lost
 * has another epoch. Times never go back, though the clock may: so they can be searched.
 */

import type { Retention } from '../../config/retention.ts';
import type { Chore } from '../../objects/alarms.ts';
import { utf8Length } from '../../wire/utf8.ts';
import type { Fed } from '../feeds/history.ts';
import { MAX_RECALLED_EVENTS, MAX_TRIMMED_EVENTS } from '../limits.ts';
import { type Beginning, newBeginning } from './beginning.ts';
import { entryOf, type JournaledEvent, type Posting, type Row } from './entry.ts';

type End = {
  readonly sequence: number;
  readonly acceptedAt: number;
  /** The bytes of all that was ever appended. */
  readonly totalBytes: number;
};

const BEGINNING_KEY = 'journal';
const ROW = 'sequence, key, accepted_at AS acceptedAt, json';
const END = 'sequence, accepted_at AS acceptedAt, total_bytes AS totalBytes';

/** How far a journal may outgrow its retention before it is trimmed, as a part of it: trimming costs rows. */
const SLACK = 1 / 16;

export class Journal implements Chore {
  readonly #storage: DurableObjectStorage;
  readonly #retention: Retention;
  /** Read when they are first needed: waking reads nothing of the journal. */
  #beginning: Beginning | undefined;
  #end: End | undefined;
  /** When the oldest that is kept was accepted. */
  #oldestAt: number | undefined;
  /** The last sequence before those that are held back. */
  #heldAfter: number | undefined;

  constructor(storage: DurableObjectStorage, retention: Retention) {
    this.#storage = storage;
    this.#retention = retention;
    storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS journal (
         sequence INTEGER PRIMARY KEY,
         key TEXT NOT NULL UNIQUE,
         accepted_at INTEGER NOT NULL,
         total_bytes INTEGER NOT NULL,
         json TEXT
       )`,
    );
  }

  get epoch(): string {
    return this.#begun().epoch;
  }

  get maxAgeMs(): number {
    return this.#retention.ageMs;
  }

  /**
   * The sequence of the last event that may be sent; that of the last trimmed one where none is kept. What
   * is held back lies beyond, and nobody is shown it.
   */
  get last(): number {
    return this.#heldAfter ?? this.#ended().sequence;
  }

  /** Begins the journal, where there is none. @param isFirst whether none came before it */
  begin(isFirst: boolean): void {
    this.#beginning ??= this.#storage.kv.get<Beginning>(BEGINNING_KEY);
    if (this.#beginning === undefined) this.#setBeginning({ ...newBeginning(), isFirst });
  }

  /** Whether there is no event. Reads only. */
  get isEmpty(): boolean {
    this.#beginning ??= this.#storage.kv.get<Beginning>(BEGINNING_KEY);
    return this.#beginning === undefined || this.#ended().sequence === this.trimmedThrough;
  }

  /** Whether there never was an event. Reads only. */
  get isUnused(): boolean {
    return this.isEmpty && (this.#beginning?.trimmedThrough ?? 0) === 0;
  }

  /** Up to where it went, where it had events and has none any more. Reads only. */
  get left(): Fed | undefined {
    if (!this.isEmpty || this.isUnused) return undefined;
    return { epoch: this.epoch, taken: this.trimmedThrough };
  }

  /** Whether it has every event that its hub ever accepted. */
  get isWhole(): boolean {
    const { isFirst = false, trimmedThrough } = this.#begun();
    return isFirst && trimmedThrough === 0;
  }

  /** Holds back what is appended from now on, until it is durable and sent. */
  hold(): void {
    this.#heldAfter = this.#ended().sequence;
  }

  release(): void {
    this.#heldAfter = undefined;
  }

  /** The sequence after which everything is kept. */
  get trimmedThrough(): number {
    return this.#begun().trimmedThrough;
  }

  /** When this journal began: what was before, it cannot know. Unix milliseconds. */
  get begunAt(): number {
    return this.#begun().begunAt;
  }

  /** When the last event was accepted that is not kept any more; 0 where there is none. */
  get trimmedAt(): number {
    return this.#begun().trimmedAt;
  }

  /**
   * Whether everything that was accepted at this time or later is kept.
   *
   * @param tolerance how long before the journal began it may be, milliseconds: clocks differ
   */
  isCompleteSince(time: number, tolerance: number): boolean {
    const { begunAt, trimmedAt } = this.#begun();
    return time > trimmedAt && time >= begunAt - tolerance;
  }

  /** Runs `change` as a whole or not at all. */
  transaction<T>(change: () => T): T {
    try {
      return this.#storage.transactionSync(change);
    } catch (error) {
      this.#beginning = undefined;
      this.#end = undefined;
      this.#oldestAt = undefined;
      throw error;
    }
  }

  /**
   * Appends in the given order what is not there yet; to be called in a transaction.
   *
   * @returns for each its sequence, undefined for a duplicate, which costs no row
   * @throws where the next sequence is taken, as by a second writer: nothing of the transaction is stored
   */
  append(postings: readonly Posting[]): (number | undefined)[] {
    this.#begun();
    const sequences = postings.map((posting) => this.#append(posting));
    if (this.#isOutgrown()) this.trim(0);
    return sequences;
  }

  /** What follows a place, in order: at most so many, and no more bytes than that if there are several. */
  page(after: number, maxRows: number, maxBytes: number): Row[] {
    const rows: Row[] = [];
    let bytes = 0;
    const cursor = this.#storage.sql.exec<Row>(
      `SELECT ${ROW} FROM journal WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?`,
      after,
      this.last,
      maxRows,
    );
    for (const row of cursor) {
      bytes += row.json?.length ?? 0;
      if (bytes > maxBytes && rows.length > 0) break;
      rows.push(row);
    }
    return rows;
  }

  /** The bytes of what follows a place, about. */
  bytesAfter(sequence: number): number {
    const { totalBytes } = this.#ended();
    const { trimmedThrough, trimmedBytes } = this.#begun();
    if (sequence <= trimmedThrough) return totalBytes - trimmedBytes;
    return totalBytes - (this.#from(sequence)?.totalBytes ?? totalBytes);
  }

  /** The place after which everything was accepted at this time or later. */
  placeBefore(time: number): number {
    return this.#search(({ acceptedAt }) => acceptedAt >= time) - 1;
  }

  /** The last events with this id, whoever published them: the newest first. */
  lastWithId(id: string): JournaledEvent[] {
    return this.#withId(id, 'DESC');
  }

  /** The first events with this id, whoever published them: the oldest first. */
  firstWithId(id: string): JournaledEvent[] {
    return this.#withId(id, 'ASC');
  }

  /**
   * Notes from when on it is complete, where it was filled with more of the past than it has seen, or with
   * less than there was.
   */
  setComplete(begunAt: number, trimmedAt: number): void {
    const beginning = this.#begun();
    this.#setBeginning({
      ...beginning,
      begunAt,
      trimmedAt: Math.max(beginning.trimmedAt, trimmedAt),
    });
  }

  /** The earliest place after which there are no more events and no more bytes than that. */
  placeWithin(events: number, bytes: number): number {
    const { sequence, totalBytes } = this.#ended();
    const byBytes =
      this.bytesAfter(0) > bytes ? this.#search((row) => totalBytes - row.totalBytes <= bytes) : 0;
    return Math.max(sequence - events, byBytes, this.trimmedThrough);
  }

  /** When the event was accepted; 0 where it is not there. */
  acceptedAt(sequence: number): number {
    const row = this.#from(sequence);
    return row?.sequence === sequence ? row.acceptedAt : 0;
  }

  /** Lets go of what the retention does not keep, at most a named number of events at once. */
  trim(now: number): void {
    const beginning = this.#begun();
    const { trimmedThrough } = beginning;
    const through = Math.min(this.#excess(now), trimmedThrough + MAX_TRIMMED_EVENTS);
    if (through <= trimmedThrough) return;
    const at = this.#from(through);
    if (at === undefined) return;
    this.#storage.sql.exec('DELETE FROM journal WHERE sequence <= ?', through);
    this.#setBeginning({
      ...beginning,
      trimmedThrough: through,
      // A part of the past of another hub that was left out may be younger.
      trimmedAt: Math.max(beginning.trimmedAt, at.acceptedAt),
      trimmedBytes: at.totalBytes,
    });
  }

  /** When there will be something to trim for its age: seldom, as it can wait. Unix milliseconds. */
  nextDue(): number {
    if (this.isEmpty) return Number.POSITIVE_INFINITY;
    this.#oldestAt ??= this.#from(0)?.acceptedAt ?? Number.POSITIVE_INFINITY;
    const step = Math.ceil(this.#retention.ageMs * SLACK);
    return Math.ceil((this.#oldestAt + this.#retention.ageMs + 1) / step) * step;
  }

  run(now: number): void {
    this.transaction(() => this.trim(now));
  }

  #withId(id: string, order: 'ASC' | 'DESC'): JournaledEvent[] {
    return this.#storage.sql
      .exec<Row>(
        `SELECT ${ROW} FROM journal WHERE key >= ? AND key < ? ORDER BY sequence ${order} LIMIT ?`,
        `${id}\n`,
        `${id}\v`,
        MAX_RECALLED_EVENTS,
      )
      .toArray()
      .map(entryOf)
      .filter((entry) => 'frame' in entry);
  }

  #append({ key, acceptedAt, json }: Posting): number | undefined {
    const end = this.#ended();
    const next = {
      sequence: end.sequence + 1,
      acceptedAt: Math.max(acceptedAt, end.acceptedAt),
      totalBytes: end.totalBytes + utf8Length(key) + utf8Length(json ?? ''),
    };
    // Only an equal key is a duplicate: a sequence that is taken already means that this event is not stored.
    const { rowsWritten } = this.#storage.sql.exec(
      `INSERT INTO journal (sequence, key, accepted_at, total_bytes, json) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (key) DO NOTHING`,
      next.sequence,
      key,
      next.acceptedAt,
      next.totalBytes,
      json,
    );
    if (rowsWritten === 0) return undefined;
    this.#end = next;
    return next.sequence;
  }

  #isOutgrown(): boolean {
    const { trimmedThrough, trimmedBytes } = this.#begun();
    const { sequence, totalBytes } = this.#ended();
    const { events, bytes } = this.#retention;
    return (
      sequence - trimmedThrough > events + Math.floor(events * SLACK) ||
      totalBytes - trimmedBytes > bytes + Math.floor(bytes * SLACK)
    );
  }

  /** The last sequence that the retention does not keep. */
  #excess(now: number): number {
    const { events, bytes, ageMs } = this.#retention;
    return Math.max(this.placeWithin(events, bytes), this.placeBefore(now - ageMs));
  }

  /** The first sequence whose row satisfies a condition that holds for all after it; the next one if none. */
  #search(holds: (row: End) => boolean): number {
    let low = this.trimmedThrough + 1;
    let high = this.last + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#from(middle);
      if (row === undefined || holds(row)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The row of this sequence, or the next that there is. */
  #from(sequence: number): End | undefined {
    const [row] = this.#storage.sql
      .exec<End>(
        `SELECT ${END} FROM journal WHERE sequence >= ? ORDER BY sequence LIMIT 1`,
        sequence,
      )
      .toArray();
    return row;
  }

  #begun(): Beginning {
    this.#beginning ??= this.#storage.kv.get<Beginning>(BEGINNING_KEY);
    return this.#beginning ?? this.#setBeginning(newBeginning());
  }

  #setBeginning(beginning: Beginning): Beginning {
    this.#storage.kv.put(BEGINNING_KEY, beginning);
    this.#beginning = beginning;
    this.#oldestAt = undefined;
    return beginning;
  }

  #ended(): End {
    if (this.#end !== undefined) return this.#end;
    const { trimmedThrough, trimmedAt, trimmedBytes } = this.#begun();
    const [row] = this.#storage.sql
      .exec<End>(`SELECT ${END} FROM journal ORDER BY sequence DESC LIMIT 1`)
      .toArray();
    this.#end = row ?? {
      sequence: trimmedThrough,
      acceptedAt: trimmedAt,
      totalBytes: trimmedBytes,
    };
    return this.#end;
  }
}
