/** The tokens of HCL 1. Comments and white space, line ends among it, separate tokens and are none. */
import { type Position, Problem, positionOf } from './ast.ts';
import { illegalCharacter } from './illegal.ts';
import { readHeredoc, readQuoted } from './text.ts';

export type Punctuation = '{' | '}' | '[' | ']' | ',' | '=';

export interface Token {
  readonly kind: 'identifier' | 'text' | 'number' | 'boolean' | 'end' | Punctuation;
  /** What it says: of a text its value, of anything else as it is written. */
  readonly text: string;
  readonly at: Position;
}

const BLANK = /[ \t\r\n]+/y;
const LINE_COMMENT = /(?:#|\/\/)[^\n]*/y;
const IDENTIFIER = /[\p{L}_][\p{L}\p{Nd}_.-]*/uy;
const NUMBER = /-?(?:0[xX][0-9a-fA-F]*|\d+(?:\.\d*)?(?:[eE][+-]?\d*)?)|\.\d+/y;
const PUNCTUATION: ReadonlySet<string> = new Set(['{', '}', '[', ']', ',', '=']);

/** Splits a text, whose lines end in `\n`, into tokens; the last one is the end. */
export function tokenize(text: string): Token[] | Problem {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let lineEnd = text.indexOf('\n');
  let offset = 0;
  while (offset < text.length) {
    const scanned = scan(text, offset);
    if (scanned instanceof Problem) return scanned;
    if (scanned.kind !== undefined) {
      const at = { line, column: offset - lineStart + 1 };
      tokens.push({ kind: scanned.kind, text: scanned.text, at });
    }
    while (lineEnd !== -1 && lineEnd < scanned.end) {
      line++;
      lineStart = lineEnd + 1;
      lineEnd = text.indexOf('\n', lineStart);
    }
    offset = scanned.end;
  }
  tokens.push({ kind: 'end', text: '', at: { line, column: offset - lineStart + 1 } });
  return tokens;
}

interface Scanned {
  /** None: white space or a comment. */
  readonly kind: Token['kind'] | undefined;
  readonly text: string;
  readonly end: number;
}

function scan(text: string, offset: number): Scanned | Problem {
  const blank = matchAt(BLANK, text, offset) ?? matchAt(LINE_COMMENT, text, offset);
  if (blank !== undefined) return { kind: undefined, text: '', end: offset + blank.length };

  const character = text[offset] ?? '';
  if (PUNCTUATION.has(character)) {
    return { kind: character as Punctuation, text: character, end: offset + 1 };
  }
  if (character === '"' || character === '<') {
    const read = character === '"' ? readQuoted(text, offset) : readHeredoc(text, offset);
    return read instanceof Problem ? read : { kind: 'text', text: read.value, end: read.end };
  }
  if (text.startsWith('/*', offset)) {
    const end = text.indexOf('*/', offset + 2);
    if (end === -1) return new Problem('comment not terminated', positionOf(text, offset));
    return { kind: undefined, text: '', end: end + 2 };
  }
  const identifier = matchAt(IDENTIFIER, text, offset);
  if (identifier !== undefined) {
    const isBoolean = identifier === 'true' || identifier === 'false';
    return {
      kind: isBoolean ? 'boolean' : 'identifier',
      text: identifier,
      end: offset + identifier.length,
    };
  }
  const number = matchAt(NUMBER, text, offset);
  if (number === undefined) {
    const found = String.fromCodePoint(text.codePointAt(offset) ?? 0);
    return new Problem(`illegal char ${illegalCharacter(found)}`, positionOf(text, offset));
  }
  const fault = faultOf(number);
  if (fault !== undefined) return new Problem(fault, positionOf(text, offset));
  return { kind: 'number', text: number, end: offset + number.length };
}

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

function faultOf(number: string): string | undefined {
  if (/^-?0[xX]$/.test(number)) return 'illegal hexadecimal number';
  if (/^-?0\d+$/.test(number) && /[89]/.test(number)) return 'illegal octal number';
  return /^-?0x|\d$|\.$/i.test(number) ? undefined : 'illegal exponent';
}
