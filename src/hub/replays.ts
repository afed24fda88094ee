/**
 * What stock subscribers have missed, sent to them as they come back. They acknowledge nothing, so one is
 * sent a bounded number of bytes and then closed: its return with the last id is the acknowledgement.
 */
import {
  MAX_AMBIGUOUS_REPLAY_BYTES,
  MAX_PAGE_BYTES,
  MAX_PAGE_EVENTS,
  MAX_REPLAY_BYTES,
  MAX_REPLAY_LAPS,
} from '../limits.ts';
import type { Encoding } from '../wire/frame.ts';
import type { Journal } from './journal.ts';
import { type Entry, entryOf, type JournaledEvent } from './journal-entry.ts';
import type { Pacer } from './pacer.ts';

/** What is asked about each entry and each id. */
interface Replayed {
  /** Whose share of what the hub can read it uses. */
  readonly owner: string;
  readonly encoding: Encoding;
  /** Which entries are for the subscriber. */
  wants(entries: readonly Entry[]): readonly boolean[];
  /** The sequence that an id leads back to. */
  placeOfId(id: string): number | undefined;
}

/** What one subscriber has missed. */
export class Replay {
  readonly #journal: Journal;
  readonly #pacer: Pacer;
  readonly #replayed: Replayed;
  readonly #events: JournaledEvent[] = [];
  #position: number;
  #bytes = 0;
  #isFull = false;
  #isBroken = false;

  constructor(journal: Journal, pacer: Pacer, after: number, replayed: Replayed) {
    this.#journal = journal;
    this.#pacer = pacer;
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
   * it read what had come while it read.
   */
  async approach(): Promise<void> {
    for (let lap = 0; lap < MAX_REPLAY_LAPS; lap++) {
      const end = this.#journal.last;
      while (this.#readPage() && this.#position < end) await this.#pacer.turn();
      if (this.#isFull || this.#position >= this.#journal.last) return;
    }
  }

  /** Reads the rest in this turn: after it, nothing is newer than what there is. */
  finish(): void {
    while (this.#readPage());
  }

  /** @returns whether there may be more to read */
  #readPage(): boolean {
    if (this.#isFull || this.#position >= this.#journal.last) return false;
    // It may have been trimmed while others had their turn.
    if (this.#journal.trimmedThrough > this.#position) this.#isBroken = true;
    const rows = this.#journal.page(this.#position, MAX_PAGE_EVENTS, MAX_PAGE_BYTES);
    this.#pacer.count(this.#replayed.owner, rows);
    const entries = rows.map(entryOf);
    const wanted = this.#replayed.wants(entries);
    for (const [index, entry] of entries.entries()) {
      if (wanted[index] && !this.#add(entry)) return false;
      this.#position = entry.sequence;
    }
    return rows.length > 0;
  }

  /**
   * Where there is more than one connection is sent, it ends with an event whose id leads back to it: the
   * first of several with one id is what `since` finds.
   *
   * @returns whether there was room
   */
  #add(entry: Entry): boolean {
    if ('gap' in entry) {
      this.#isBroken = true;
      return true;
    }
    this.#bytes += entry.frame.size(this.#replayed.encoding);
    const last = this.#events.at(-1);
    if (this.#bytes > MAX_REPLAY_BYTES && last !== undefined) {
      const leadsBack = this.#replayed.placeOfId(last.frame.event.id) === last.sequence;
      this.#isFull = leadsBack || this.#bytes > MAX_AMBIGUOUS_REPLAY_BYTES;
      if (this.#isFull) return false;
    }
    this.#events.push(entry);
    return true;
  }
}
