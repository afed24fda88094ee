/** What the end of an attempt means for the client: to reconnect, and when, or to give up. */
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import { describeEnd, type End } from './end.ts';
import { CarillonError } from './errors.ts';

export type Outcome =
  | {
      readonly retryable: true;
      readonly message: string;
      /** The wait that the server asks for. */
      readonly waitMs: number;
      /** After a back-off if absent. */
      readonly when?: 'now' | 'asked';
    }
  | { readonly retryable: false; readonly error: CarillonError };

/** Close codes that the same client would get again (docs/protocol.md, section 7). */
const LASTING_CLOSE_CODES: readonly number[] = [
  CLOSE_CODES.badMessage,
  CLOSE_CODES.messageTooLarge,
  CLOSE_CODES.badCursor,
  CLOSE_CODES.futureCursor,
];

export function outcomeOf(end: End): Outcome {
  const { reason, waitMs } = describeEnd(end);
  const retry = { retryable: true, message: reason, waitMs } as const;
  switch (end.kind) {
    case 'goodbye':
      if (end.goodbye.reconnect) {
        // The program takes nothing at present.
        return end.goodbye.reason === 'ack_timeout' ? { ...retry, when: 'asked' } : retry;
      }
      return end.goodbye.reason === 'revoked' ? revoked(reason) : giveUp('protocol', reason);
    case 'closed':
      if (end.code === CLOSE_CODES.normal) return revoked(reason);
      return LASTING_CLOSE_CODES.includes(end.code) ? giveUp('protocol', reason) : retry;
    case 'malformed':
      return giveUp('protocol', `${reason}; is there a newer version of this client?`);
    case 'silent':
      return { ...retry, when: 'now' };
    default:
      return retry;
  }
}

function revoked(reason: string): Outcome {
  return giveUp(
    'revoked',
    `${reason}: the token, its rights or its namespace ended; subscribe with a token that may`,
  );
}

function giveUp(code: 'protocol' | 'revoked', message: string): Outcome {
  return { retryable: false, error: new CarillonError(code, message) };
}
