import type { JournalEntry } from '../journal/record.ts';

/** Sends the same entries to the sockets of a class, one after the other. */
export interface ClassSender {
  sendTo(socket: WebSocket): void;
  /** The policies have changed: from now on these are the entries that the class gets. */
  replaceEntries(entries: readonly JournalEntry[]): void;
  /** All sockets were sent the entries. */
  finish(): void;
}
