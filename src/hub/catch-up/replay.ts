/**
 * What a stock subscriber missed, read before its handshake is accepted. It acknowledges nothing, so it is sent a
 * bounded number of bytes and then closed. Its reconnect with the last id is the acknowledgement.
 */

import type { Encoding } from '../../wire/frame.ts';
import { addToWindow, EMPTY_WINDOW } from '../delivery/stock-window.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import type { PositionLookup } from '../journal/position-lookup.ts';
import type { EventEntry, JournalEntry } from '../journal/record.ts';
import type { SubscriberJournal } from '../journal/subscriber-journal.ts';
import { MAX_PAGE_BYTES, MAX_PAGE_EVENTS, MAX_REPLAY_BYTES, MAX_REPLAY_LAPS } from '../limits.ts';
import type { HubMemory } from '../memory-budget.ts';
import type { ReplayThrottle } from './replay-throttle.ts';

interface ReplayParts {
  readonly journal: SubscriberJournal;
  readonly memory: HubMemory;
  readonly throttle: ReplayThrottle;
  readonly budget: TurnBudget;
}

/** Whose replay it is, and what of the journal is for it. */
interface ReplaySubscriber {
  /** Whose share of the replay budget it uses. */
  readonly owner: string;
  readonly encoding: Encoding;
  wants(entry: JournalEntry): boolean;
  /** Whether the id of an event leads back to it. */
  leadsBack(event: EventEntry): boolean;
  readonly lookup: PositionLookup;
}

export class Replay {
  readonly #parts: ReplayParts;
  readonly #subscriber: ReplaySubscriber;
  readonly #events: EventEntry[] = [];
  #position: number;
  #window = EMPTY_WINDOW;
  #reservedBytes = 0;
  #isFull = false;
  #hasGap = false;
  /** Nothing can be looked up any more. */
  #isLastTurn = false;

  constructor(parts: ReplayParts, after: number, subscriber: ReplaySubscriber) {
    this.#parts = parts;
    this.#position = after;
    this.#subscriber = subscriber;
  }

  get messages(): (string | Uint8Array)[] {
    return this.#events.map(({ frame }) => frame.in(this.#subscriber.encoding));
  }

  /** How many messages there are. */
  get size(): number {
    return this.#events.length;
  }

  /** The bytes of the messages. */
  get bytes(): number {
    return this.#window.bytes;
  }

  /** Everything up to this sequence was read. */
  get position(): number {
    return this.#position;
  }

  /** Whether there is more than one connection is sent. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether events are missing in between. */
  get hasGap(): boolean {
    return this.#hasGap;
  }

  /** Reserves memory for what it will read. @returns whether there was room */
  async reserve(): Promise<boolean> {
    const { journal, memory } = this.#parts;
    if (this.#position >= journal.last) return true;
    const missed = Math.min(journal.bytesAfter(this.#position), MAX_REPLAY_BYTES);
    if (!(await memory.catchUp.reserveSoon(missed))) return false;
    this.#reservedBytes = missed;
    return true;
  }

  /** To be called when it was sent, or will not be. */
  release(): void {
    this.#parts.memory.catchUp.release(this.#reservedBytes);
    this.#reservedBytes = 0;
  }

  /**
   * Reads page after page, each in a turn of its own, until little is left: what came while it read what had come while
   * it read. Afterwards the turn has room to read that and to send all.
   */
  async readMost(): Promise<void> {
    const { journal, throttle, budget } = this.#parts;
    const { lookup } = this.#subscriber;
    for (let lap = 0; lap < MAX_REPLAY_LAPS; lap++) {
      // Most subscribers that connect have missed nothing, and wait for nobody.
      if (this.#isComplete && this.#events.length === 0) return;
      if (budget.isSpent) await throttle.nextTurn();
      const end = journal.last;
      for (;;) {
        const loading = lookup.find() ?? journal.load(this.#position);
        if (loading !== undefined) await loading;
        if (!this.#readPage() || this.#position >= end) break;
        await throttle.nextTurn();
      }
      if (!budget.isSpent && this.#isComplete) return;
    }
    await throttle.nextTurn();
  }

  /**
   * Reads the rest in this turn, so that nothing newer comes in between.
   *
   * @returns false if that takes too long: the filter is slower than events come
   */
  readRest(): boolean {
    this.#isLastTurn = true;
    while (!this.#parts.budget.isSpent && this.#readPage());
    return this.#isComplete;
  }

  get #isComplete(): boolean {
    return this.#isFull || this.#position >= this.#parts.journal.last;
  }

  /** @returns whether there may be more to read */
  #readPage(): boolean {
    if (this.#isComplete) return false;
    const { journal, throttle, budget } = this.#parts;
    // The journal may have been trimmed since the last turn.
    if (journal.trimmedThrough > this.#position) this.#hasGap = true;
    const before = this.#position;
    const page = journal.read(before, MAX_PAGE_EVENTS, MAX_PAGE_BYTES);
    throttle.count(this.#subscriber.owner, page.bytes);
    for (const entry of page.entries) {
      if (this.#subscriber.wants(entry) && !this.#add(entry)) return !this.#isFull;
      this.#position = entry.sequence;
      if (budget.isSpent) return true;
    }
    this.#position = page.through;
    return this.#position > before;
  }

  /** @returns whether there was room */
  #add(entry: JournalEntry): boolean {
    if ('gap' in entry) {
      this.#hasGap = true;
      return true;
    }
    const { encoding, leadsBack, lookup } = this.#subscriber;
    const window = addToWindow(this.#window, entry, encoding, leadsBack);
    if (window === undefined) {
      // Where there is time, it is looked up first whether the subscriber would come back to here.
      this.#isFull = this.#isLastTurn || !lookup.isMissing;
      return false;
    }
    this.#window = window;
    const excess = Math.max(window.bytes - this.#reservedBytes, 0);
    this.#parts.memory.catchUp.add(excess);
    this.#reservedBytes += excess;
    this.#events.push(entry);
    return true;
  }
}
