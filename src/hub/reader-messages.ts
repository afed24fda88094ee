/** Entries of a journal as messages of `carillon.v1`: events together, as many as one message takes, gaps alone. */
import { MAX_EVENTS_MESSAGE_BYTES } from '../limits.ts';
import { encodeEvents, encodeMessage, type PlacedFrame } from '../wire/carillon-v1/server.ts';
import { encodeCursor, hubTag } from '../wire/cursor.ts';
import type { Encoding } from '../wire/frame.ts';
import type { Entry, Journal } from './journal.ts';

export class ReaderMessages {
  /** What the cursors of this hub have. */
  readonly hubTag: number;
  readonly #journal: Journal;

  constructor(hub: string, journal: Journal) {
    this.hubTag = hubTag(hub);
    this.#journal = journal;
  }

  of(entries: readonly Entry[], encoding: Encoding): (string | Uint8Array)[] {
    return messagesOf(entries, encoding, (sequence) => this.cursorAt(sequence));
  }

  /** The cursor of the place after a sequence. */
  cursorAt(sequence: number): string {
    return encodeCursor({ hub: this.hubTag, epoch: this.#journal.epoch, sequence });
  }
}

function messagesOf(
  entries: readonly Entry[],
  encoding: Encoding,
  cursorAt: (sequence: number) => string,
): (string | Uint8Array)[] {
  const messages: (string | Uint8Array)[] = [];
  let events: PlacedFrame[] = [];
  let bytes = 0;
  const flush = () => {
    if (events.length > 0) messages.push(encodeEvents(events, encoding));
    events = [];
    bytes = 0;
  };
  for (const entry of entries) {
    const cursor = cursorAt(entry.sequence);
    if ('gap' in entry) {
      flush();
      messages.push(encodeMessage({ type: 'gap', reason: entry.gap, cursor }, encoding));
      continue;
    }
    const size = entry.frame.size(encoding);
    if (bytes + size > MAX_EVENTS_MESSAGE_BYTES) flush();
    events.push({ cursor, frame: entry.frame });
    bytes += size;
  }
  flush();
  return messages;
}
