/** What the end of a connection means: to come back, and when, or to give up. */
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import type { End, Goodbye } from './connection.ts';
import { CarillonError } from './errors.ts';
import type { Trouble } from './request.ts';

export type Outcome =
  | {
      readonly again: true;
      /** Why, in a sentence. */
      readonly reason: string;
      /** What the server asks to wait. */
      readonly waitMs: number;
      /** When: after a back-off, at once, or when the program wants more. */
      readonly when: 'later' | 'now' | 'asked';
    }
  | { readonly again: false; readonly error: CarillonError };

/** Close codes after which the same would come again (docs/protocol.md, section 7). */
const LASTING_CLOSE_CODES: readonly number[] = [
  CLOSE_CODES.badMessage,
  CLOSE_CODES.messageTooLarge,
  CLOSE_CODES.badCursor,
  CLOSE_CODES.futureCursor,
];

export function outcomeOfTrouble(trouble: Trouble): Outcome {
  return trouble.passes
    ? { again: true, reason: trouble.message, waitMs: trouble.waitMs, when: 'later' }
    : { again: false, error: trouble.error };
}

/** @param end of any kind but a refusal, whose reason has to be asked for */
export function outcomeOf(end: Exclude<End, { kind: 'refused' }>): Outcome {
  switch (end.kind) {
    case 'goodbye':
      return outcomeOfGoodbye(end.goodbye);
    case 'closed':
      return outcomeOfClose(end.code, end.reason);
    case 'silent':
      return again('nothing was heard of the server for too long', 'now');
    case 'malformed':
      return giveUp(
        'protocol',
        `the server sent what is not of carillon.v1: ${end.message}; is there a newer version of this client?`,
      );
  }
}

function outcomeOfGoodbye({ reason, reconnect, after_ms }: Goodbye): Outcome {
  const said = `the server ended the subscription (${reason})`;
  if (reconnect) {
    return reason === 'ack_timeout'
      ? { again: true, reason: said, waitMs: after_ms, when: 'asked' }
      : { again: true, reason: said, waitMs: after_ms, when: 'later' };
  }
  return reason === 'revoked' ? revoked(said) : giveUp('protocol', said);
}

function outcomeOfClose(code: number, reason: string): Outcome {
  const how = `(${code}${reason === '' ? '' : ` ${reason}`})`;
  const closed = `the server closed the subscription ${how}`;
  if (code === CLOSE_CODES.normal) return revoked(closed);
  if (LASTING_CLOSE_CODES.includes(code)) return giveUp('protocol', closed);
  return again(code === 1006 ? 'the connection broke' : closed, 'later');
}

function again(reason: string, when: 'later' | 'now'): Outcome {
  return { again: true, reason, waitMs: 0, when };
}

function revoked(said: string): Outcome {
  return giveUp(
    'revoked',
    `${said}: the token, its rights or its namespace ended; subscribe with a token that may`,
  );
}

function giveUp(code: 'protocol' | 'revoked', message: string): Outcome {
  return { again: false, error: new CarillonError(code, message) };
}
