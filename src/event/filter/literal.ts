/** Strings and numbers of a filter. */
import { unquote } from './quoted.ts';
import type { Reader } from './reader.ts';

const STRING = /`([^`]*)`|"([^"]*)"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?/y;
const AFTER_NUMBER = ' \t\r\n)';

/** Where a literal begins but is none, no other reading of the filter is valid. */
export function literal(reader: Reader): string | undefined {
  return number(reader) ?? string(reader);
}

export function string(reader: Reader): string | undefined {
  const start = reader.position;
  const match = reader.takeMatch(STRING);
  if (match === undefined) {
    if (reader.next() === '"' || reader.next() === '`') {
      reader.refuse(start, `a string begins here with ${reader.next()} and does not end`);
    }
    reader.expect('a string');
    return undefined;
  }
  const [, raw, escaped = ''] = match;
  if (raw !== undefined) return raw.replaceAll('\r', '');
  const text = unquote(escaped);
  if (text === undefined) {
    reader.refuse(
      start,
      'the string has an escape sequence or a line break that Go does not allow',
    );
  }
  return text;
}

function number(reader: Reader): string | undefined {
  const start = reader.position;
  const match = reader.takeMatch(NUMBER);
  if (match === undefined) {
    reader.expect('a number');
    return undefined;
  }
  const next = reader.next();
  if (next !== undefined && !AFTER_NUMBER.includes(next)) {
    reader.refuse(
      start,
      'the number does not end in a blank, ")" or the end; if it is text, quote it',
    );
  }
  return match[0];
}
