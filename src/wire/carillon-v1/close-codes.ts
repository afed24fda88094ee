/** With what the server closes a `carillon.v1` socket; `docs/protocol.md` has the table. */

export const CLOSE_CODES = {
  /** After goodbye `revoked`. */
  normal: 1000,
  /** After goodbye `unconfirmed`, `unavailable` or `lifetime`. */
  tryAgainLater: 1013,
  /** A message that is not of the protocol. */
  badMessage: 4400,
  messageTooLarge: 4401,
  /** An acknowledgement of what is no cursor of this hub. */
  badCursor: 4402,
  /** An acknowledgement of what was not sent yet. */
  futureCursor: 4403,
  /** After goodbye `ack_timeout`. */
  ackTimeout: 4408,
} as const;

/** What a message of the other side is refused for. */
export interface ProtocolFailure {
  readonly code: (typeof CLOSE_CODES)['badMessage' | 'messageTooLarge' | 'badCursor'];
  readonly message: string;
}

/** The payload of a control frame is 125 bytes (RFC 6455, section 5.5), two of which are the code. */
const MAX_CLOSE_REASON_BYTES = 125 - 2;

/** A message as the reason of a Close frame: cut, at the end of a character, to what fits there. */
export function closeReason(message: string): string {
  const bytes = new Uint8Array(MAX_CLOSE_REASON_BYTES);
  const { read } = new TextEncoder().encodeInto(message, bytes);
  return message.slice(0, read);
}
