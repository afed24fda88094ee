/** The codes with which the server closes a `carillon.v1` socket; `docs/protocol.md` has the table. */

export const CLOSE_CODES = {
  /** After goodbye `revoked`. */
  normal: 1000,
  /** After goodbye `unconfirmed`, `unavailable`, `lifetime` or `closed_by_operator`. */
  tryAgainLater: 1013,
  /** The message is not of the protocol. */
  badMessage: 4400,
  messageTooLarge: 4401,
  /** The acknowledgement has no cursor of this hub. */
  badCursor: 4402,
  /** The acknowledgement is of an event that was not sent yet. */
  futureCursor: 4403,
  /** After goodbye `ack_timeout`. */
  ackTimeout: 4408,
} as const;

/** Why a message of the other side is rejected. */
export interface ProtocolFailure {
  readonly code: (typeof CLOSE_CODES)[
    | 'badMessage'
    | 'messageTooLarge'
    | 'badCursor'
    | 'futureCursor'];
  readonly message: string;
}

/** The payload of a control frame is at most 125 bytes (RFC 6455, section 5.5). The code takes two of them. */
const MAX_CLOSE_REASON_BYTES = 125 - 2;

/** A message as the reason of a Close frame, cut after the last character that fits. */
export function closeReason(message: string): string {
  const bytes = new Uint8Array(MAX_CLOSE_REASON_BYTES);
  const { read } = new TextEncoder().encodeInto(message, bytes);
  return message.slice(0, read);
}
