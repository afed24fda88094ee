/**
 * What stock subscribers have missed, sent to them as they come back. They acknowledge nothing, so one is
 * sent a bounded number of bytes and then closed: its return with the last id is the acknowledgement.
 */
import {
  MAX_PAGE_BYTES,
  MAX_PAGE_EVENTS,
  MAX_REPLAY_BYTES,
  REPLAY_BUDGET_BYTES,
  REPLAY_BYTES_PER_SECOND,
} from '../limits.ts';
import type { Encoding } from '../wire/frame.ts';
import { type Entry, entryOf, type Journal } from './journal.ts';
import type { Pacer } from './pacer.ts';

/** What a subscriber has missed. */
export interface Replay {
  readonly messages: readonly (string | Uint8Array)[];
  /** Whether this is all of it. */
  readonly complete: boolean;
  /** Whether events are missing in between. */
  readonly broken: boolean;
}

export class Replays {
  readonly #journal: Journal;
  readonly #pacer: Pacer;
  /** Bytes that were read, or will be, and that have not yet drained off, at a time. */
  #level = 0;
  #at = 0;

  constructor(journal: Journal, pacer: Pacer) {
    this.#journal = journal;
    this.#pacer = pacer;
  }

  /** Whether the hub can afford a replay from this place now: a deploy sends everybody back at once. */
  admit(after: number, now: number): boolean {
    const drained = (Math.max(now - this.#at, 0) / 1000) * REPLAY_BYTES_PER_SECOND;
    this.#level = Math.max(this.#level - drained, 0);
    this.#at = now;
    if (this.#level >= REPLAY_BUDGET_BYTES) return false;
    this.#level += Math.min(this.#journal.bytesAfter(after), MAX_REPLAY_BYTES);
    return true;
  }

  /**
   * Collects what follows a place, page after page, letting others have their turn in between. When it
   * returns without having waited since the last page, nothing is newer than what it has.
   *
   * @param wants tells of each entry whether it is for the subscriber
   */
  async collect(
    after: number,
    encoding: Encoding,
    wants: (entries: readonly Entry[]) => readonly boolean[],
  ): Promise<Replay> {
    const messages: (string | Uint8Array)[] = [];
    let position = after;
    let bytes = 0;
    let read = 0;
    let broken = false;
    while (position < this.#journal.last) {
      if (position > after) await this.#pacer.turn();
      // It may have been trimmed while others had their turn.
      broken ||= this.#journal.trimmedThrough > position;
      const rows = this.#journal.page(position, MAX_PAGE_EVENTS, MAX_PAGE_BYTES);
      if (rows.length === 0) break;
      const pageBytes = rows.reduce((sum, { json }) => sum + (json?.length ?? 0), 0);
      read += pageBytes;
      // So much was counted at the beginning. Where little of much is wanted, reading is what it costs.
      if (read > MAX_REPLAY_BYTES) this.#level += pageBytes;
      const entries = rows.map(entryOf);
      const wanted = wants(entries);
      for (const [index, entry] of entries.entries()) {
        if (wanted[index]) {
          if ('gap' in entry) broken = true;
          else {
            const message = entry.frame.in(encoding);
            bytes += message.length;
            if (bytes > MAX_REPLAY_BYTES) return { messages, complete: false, broken };
            messages.push(message);
          }
        }
        position = entry.sequence;
      }
    }
    return { messages, complete: true, broken };
  }
}
