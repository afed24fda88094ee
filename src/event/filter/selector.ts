/** Selectors: `event_type`, `a.b`, `a["b"]`, `a.0`, and the JSON pointer `"/a/b"`. */
import { string } from './literal.ts';
import { type Reader, WORD_CHARACTER } from './reader.ts';
import type { Selector } from './syntax.ts';

const WORD = /[a-zA-Z][a-zA-Z0-9_/]*/y;
const INDEX = /[0-9]+/y;
const POINTER = /"((?:\/[\p{L}\p{N}\-_.~:|]+)*)"/uy;

export function selector(reader: Reader): Selector | undefined {
  const start = reader.position;
  const first = word(reader);
  if (first === undefined) return pointer(reader);
  const path = [first];
  for (let part = member(reader); part !== undefined; part = member(reader)) path.push(part);
  return { source: reader.since(start), path, text: path.join('.') };
}

export function word(reader: Reader): string | undefined {
  const match = reader.takeMatch(WORD);
  reader.expect(match === undefined ? 'a word' : WORD_CHARACTER);
  return match?.[0];
}

function member(reader: Reader): string | undefined {
  return reader.attempt(() => reader.take('.') && word(reader)) ?? index(reader) ?? ordinal(reader);
}

function ordinal(reader: Reader): string | undefined {
  return reader.attempt(() => reader.take('.') && reader.takeMatch(INDEX)?.[0]);
}

function index(reader: Reader): string | undefined {
  const start = reader.position;
  if (!reader.take('[')) return undefined;
  reader.optionalBlanks();
  const name = string(reader);
  reader.optionalBlanks();
  if (name !== undefined && reader.take(']')) return name;
  reader.refuse(start, 'an index begins here that is not a string in [ and ]');
  return undefined;
}

/** A pointer without any segment, `""`, is that of a field without a name. */
function pointer(reader: Reader): Selector | undefined {
  const match = reader.takeMatch(POINTER);
  if (match === undefined) return undefined;
  const [source, segments = ''] = match;
  const path = segments
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { source, path, text: path.join('/') };
}
