/** What the end of an attempt means for the client: to reconnect, and when, or to give up. */
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import { type End, type Goodbye, reasonOf, serverWaitMs } from './end.ts';
import { CarillonError } from './errors.ts';
import type { RequestFailure } from './request.ts';

export type Outcome =
  | {
      readonly retryable: true;
      readonly message: string;
      /** What the server asks to wait. */
      readonly waitMs: number;
      /** After a back-off, at once, or when the program asks for the next item. */
      readonly when: 'later' | 'now' | 'asked';
    }
  | { readonly retryable: false; readonly error: CarillonError };

/** Close codes that the same client would get again (docs/protocol.md, section 7). */
const LASTING_CLOSE_CODES: readonly number[] = [
  CLOSE_CODES.badMessage,
  CLOSE_CODES.messageTooLarge,
  CLOSE_CODES.badCursor,
  CLOSE_CODES.futureCursor,
];

export function outcomeOfFailure(failure: RequestFailure): Outcome {
  return failure.retryable ? { ...failure, when: 'later' } : failure;
}

export function outcomeOf(end: End): Outcome {
  const reason = reasonOf(end);
  switch (end.kind) {
    case 'goodbye':
      return outcomeOfGoodbye(end.goodbye, reason);
    case 'closed':
      if (end.code === CLOSE_CODES.normal) return revoked(reason);
      return LASTING_CLOSE_CODES.includes(end.code)
        ? giveUp('protocol', reason)
        : retry(end, 'later');
    case 'malformed':
      return giveUp('protocol', `${reason}; is there a newer version of this client?`);
    case 'silent':
      return retry(end, 'now');
    default:
      return retry(end, 'later');
  }
}

function outcomeOfGoodbye(goodbye: Goodbye, message: string): Outcome {
  const { reason, reconnect } = goodbye;
  if (reconnect) {
    return retry({ kind: 'goodbye', goodbye }, reason === 'ack_timeout' ? 'asked' : 'later');
  }
  return reason === 'revoked' ? revoked(message) : giveUp('protocol', message);
}

function retry(end: End, when: 'later' | 'now' | 'asked'): Outcome {
  return { retryable: true, message: reasonOf(end), waitMs: serverWaitMs(end), when };
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
