/** Parses strings and numbers. */

import type { Scanner } from './scanner.ts';
import { unquote } from './unquote.ts';

const STRING = /`([^`]*)`|"([^"]*)"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?/y;
const AFTER_NUMBER = ' \t\r\n)';

/** An incomplete literal makes the filter invalid: no other alternative of the grammar can succeed. */
export function literal(scanner: Scanner): string | undefined {
  return number(scanner) ?? string(scanner);
}

export function string(scanner: Scanner): string | undefined {
  const start = scanner.position;
  const match = scanner.takeMatch(STRING);
  if (match === undefined) {
    if (scanner.next() === '"' || scanner.next() === '`') {
      scanner.reject(start, `a string begins here with ${scanner.next()} and does not end`);
    }
    scanner.expect('a string');
    return undefined;
  }
  const [, raw, escaped = ''] = match;
  if (raw !== undefined) return raw.replaceAll('\r', '');
  const text = unquote(escaped);
  if (text === undefined) {
    scanner.reject(
      start,
      'the string has an escape sequence or a line break that Go does not allow',
    );
  }
  return text;
}

function number(scanner: Scanner): string | undefined {
  const start = scanner.position;
  const match = scanner.takeMatch(NUMBER);
  if (match === undefined) {
    scanner.expect('a number');
    return undefined;
  }
  const next = scanner.next();
  if (next !== undefined && !AFTER_NUMBER.includes(next)) {
    scanner.reject(
      start,
      'the number does not end in a blank, ")" or the end; if it is text, quote it',
    );
  }
  return match[0];
}
