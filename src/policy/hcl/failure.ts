/** Why a text is not a policy, and where. */
import type { Failure, Result } from '../../lib/result.ts';

/** Both count from 1. Columns are UTF-16 code units, as in editors. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

export interface PolicyFailure extends Failure {
  readonly location: Location;
}

/** What is read of a policy, or why it cannot be read. */
export type Parsed<T> = Result<T, PolicyFailure>;

export function invalidAt(
  location: Location,
  message: string,
): { readonly ok: false; readonly failure: PolicyFailure } {
  return { ok: false, failure: { reason: 'invalid', message, location } };
}

/** Counts the lines up to an offset. Tokens have their location already, so only failures call this. */
export function locationOf(text: string, offset: number): Location {
  let line = 1;
  let lineStart = 0;
  for (
    let end = text.indexOf('\n');
    end !== -1 && end < offset;
    end = text.indexOf('\n', end + 1)
  ) {
    line++;
    lineStart = end + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** ` on line 1, column 5`: the end of a message. */
export function locationText({ line, column }: Location): string {
  return ` on line ${line}, column ${column}`;
}
