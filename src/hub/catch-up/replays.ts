/**
 * What stock subscribers have missed, sent to them as they come back. They acknowledge nothing, so one is
 * sent a bounded number of bytes and then closed: its return with the last id is the acknowledgement.
 */

import type { Encoding } from '../../wire/frame.ts';
import { burstWith, EMPTY_BURST } from '../delivery/burst.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { Journal } from '../journal/journal.ts';
import { decodeRecord, type EventEntry, type JournalEntry } from '../journal/record.ts';
import { MAX_PAGE_BYTES, MAX_PAGE_EVENTS, MAX_REPLAY_LAPS } from '../limits.ts';
import type { Pacer } from './pacer.ts';

/** What is asked about each entry and each id. */
interface Replayed {
  /** Whose share of what the hub can read it uses. */
  readonly owner: string;
  readonly encoding: Encoding;
  /** Whether an entry is for the subscriber. */
  isDue(entry: JournalEntry): boolean;
  /** The sequence that an id leads back to. */
  placeOfId(id: string): number | undefined;
}

/** What one subscriber has missed. */
export class Replay {
  readonly #journal: Journal;
  readonly #pacer: Pacer;
  readonly #budget: TurnBudget;
  readonly #replayed: Replayed;
  readonly #events: EventEntry[] = [];
  #position: number;
  #burst = EMPTY_BURST;
  #isFull = false;
  #isBroken = false;

  constructor(
    { journal, pacer, budget }: { journal: Journal; pacer: Pacer; budget: TurnBudget },
    after: number,
    replayed: Replayed,
  ) {
    this.#journal = journal;
    this.#pacer = pacer;
    this.#budget = budget;
    this.#position = after;
    this.#replayed = replayed;
  }

  get messages(): (string | Uint8Array)[] {
    return this.#events.map(({ frame }) => frame.in(this.#replayed.encoding));
  }

  /** Whether there is more than one connection is sent. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether events are missing in between. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * Reads page after page, letting others have their turn in between, until little is left: what came while
   * it read what had come while it read. After it there is room in the turn to read that and send all.
   */
  async approach(): Promise<void> {
    for (let lap = 0; lap < MAX_REPLAY_LAPS; lap++) {
      // Most who come have missed nothing, and wait for nobody.
      if (this.#isComplete && this.#events.length === 0) return;
      if (this.#budget.isSpent) await this.#pacer.turn();
      const end = this.#journal.last;
      while (this.#readPage() && this.#position < end) await this.#pacer.turn();
      if (!this.#budget.isSpent && this.#isComplete) return;
    }
    await this.#pacer.turn();
  }

  /**
   * Reads the rest in this turn: after it, nothing is newer than what there is.
   *
   * @returns false where that is too much: its filter takes more time than there is between events
   */
  finish(): boolean {
    while (!this.#budget.isSpent && this.#readPage());
    return this.#isComplete;
  }

  get #isComplete(): boolean {
    return this.#isFull || this.#position >= this.#journal.last;
  }

  /** @returns whether there may be more to read */
  #readPage(): boolean {
    if (this.#isComplete) return false;
    // It may have been trimmed while others had their turn.
    if (this.#journal.trimmedThrough > this.#position) this.#isBroken = true;
    const rows = this.#journal.read(this.#position, MAX_PAGE_EVENTS, MAX_PAGE_BYTES);
    this.#pacer.count(this.#replayed.owner, rows);
    for (const entry of rows.map(decodeRecord)) {
      if (this.#replayed.isDue(entry) && !this.#add(entry)) return false;
      this.#position = entry.sequence;
      if (this.#budget.isSpent) break;
    }
    return rows.length > 0;
  }

  /** @returns whether there was room */
  #add(entry: JournalEntry): boolean {
    if ('gap' in entry) {
      this.#isBroken = true;
      return true;
    }
    const { encoding, placeOfId } = this.#replayed;
    const burst = burstWith(this.#burst, entry, encoding, placeOfId);
    this.#isFull = burst === undefined;
    if (burst === undefined) return false;
    this.#burst = burst;
    this.#events.push(entry);
    return true;
  }
}
