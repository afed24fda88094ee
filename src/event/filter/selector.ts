/** Parses selectors: `event_type`, `a.b`, `a["b"]`, `a.0`, and the JSON pointer `"/a/b"`; and literals. */

import { type Scanner, WORD_CHARACTER } from './scanner.ts';
import type { Selector } from './syntax.ts';
import { unquote } from './unquote.ts';

const WORD = /[a-zA-Z][a-zA-Z0-9_/]*/y;
const INDEX = /[0-9]+/y;
const POINTER = /"((?:\/[\p{L}\p{N}\-_.~:|]+)*)"/uy;

export function selector(scanner: Scanner): Selector | undefined {
  const start = scanner.position;
  const first = word(scanner);
  if (first === undefined) return pointer(scanner);
  const path = [first];
  for (let part = member(scanner); part !== undefined; part = member(scanner)) path.push(part);
  return { source: scanner.since(start), path, text: path.join('.') };
}

export function word(scanner: Scanner): string | undefined {
  const match = scanner.takeMatch(WORD);
  scanner.expect(match === undefined ? 'a word' : WORD_CHARACTER);
  return match?.[0];
}

function member(scanner: Scanner): string | undefined {
  return (
    scanner.attempt(() => scanner.take('.') && word(scanner)) ?? index(scanner) ?? ordinal(scanner)
  );
}

function ordinal(scanner: Scanner): string | undefined {
  return scanner.attempt(() => scanner.take('.') && scanner.takeMatch(INDEX)?.[0]);
}

function index(scanner: Scanner): string | undefined {
  const start = scanner.position;
  if (!scanner.take('[')) return undefined;
  scanner.optionalBlanks();
  const name = string(scanner);
  scanner.optionalBlanks();
  if (name !== undefined && scanner.take(']')) return name;
  scanner.reject(start, 'an index begins here that is not a string in [ and ]');
  return undefined;
}

/** The pointer `""` selects a field whose name is empty. */
function pointer(scanner: Scanner): Selector | undefined {
  const match = scanner.takeMatch(POINTER);
  if (match === undefined) return undefined;
  const [source, segments = ''] = match;
  const path = segments
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { source, path, text: path.join('/') };
}

const STRING = /`([^`]*)`|"([^"]*)"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?/y;
const AFTER_NUMBER = ' \t\r\n)';

/** An incomplete literal makes the filter invalid: no other alternative of the grammar can succeed. */
export function literal(scanner: Scanner): string | undefined {
  return number(scanner) ?? string(scanner);
}

function string(scanner: Scanner): string | undefined {
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
