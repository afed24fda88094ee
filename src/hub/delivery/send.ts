import type { JournalEntry } from '../journal/record.ts';

/** Messages for one socket, and the bytes of all of them. */
export interface Messages {
  readonly messages: readonly (string | Uint8Array)[];
  readonly bytes: number;
}

/** Sends messages. A socket that fails does not affect the others. */
export function send(socket: WebSocket, messages: readonly (string | Uint8Array)[]): void {
  try {
    for (const message of messages) socket.send(message);
  } catch {
    // The socket is closing, and its close event follows.
  }
}

/** Sends the same entries to the sockets of a class, one after the other. */
export interface ClassSender {
  sendTo(socket: WebSocket): void;
  /** The policies have changed: from now on these are the entries that the class gets. */
  replaceEntries(entries: readonly JournalEntry[]): void;
  /** All sockets were sent the entries. */
  finish(): void;
}
