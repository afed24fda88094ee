/** How a connection ends, and what is said of it. */
import type { ServerMessage } from '../wire/carillon-v1/messages.ts';

export type End =
  /** Closed without a goodbye; with 1006 if the connection broke. */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | { readonly kind: 'goodbye'; readonly goodbye: Extract<ServerMessage, { type: 'goodbye' }> }
  /** The first message did not arrive in time. */
  | { readonly kind: 'no_hello' }
  /** The network may have vanished. */
  | { readonly kind: 'silent' }
  /** The server sent a message that is not of the dialect. */
  | { readonly kind: 'malformed'; readonly message: string }
  /** This side closed the connection. */
  | { readonly kind: 'left'; readonly reason: string };

/** Why the connection ended, in a sentence, and what the server asks to wait before the next one. */
export function describeEnd(end: End): { readonly reason: string; readonly waitMs: number } {
  return { reason: reasonOf(end), waitMs: end.kind === 'goodbye' ? end.goodbye.after_ms : 0 };
}

function reasonOf(end: End): string {
  switch (end.kind) {
    case 'closed':
      return end.code === 1006
        ? 'the connection broke'
        : `the server closed the subscription (${end.code}${end.reason && ` ${end.reason}`})`;
    case 'goodbye':
      return `the server ended the subscription (${end.goodbye.reason})`;
    case 'no_hello':
      return 'the server does not begin to speak';
    case 'silent':
      return 'the server does not answer any more';
    case 'malformed':
      return `the server sent what is not of carillon.v1: ${end.message}`;
    case 'left':
      return end.reason;
  }
}
