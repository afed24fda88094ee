/** Splits HCL 1 into tokens. Comments and white space, line ends included, only separate tokens. */
import { ok } from '../../lib/result.ts';
import { invalidAt, type Location, locationOf, type Parsed } from './failure.ts';
import { illegalCharacter } from './illegal-character.ts';
import { parseHeredoc, parseQuoted } from './string.ts';

type Punctuation = '{' | '}' | '[' | ']' | ',' | '=';

export interface Token {
  readonly kind: 'identifier' | 'string' | 'number' | 'boolean' | 'end' | Punctuation;
  /** The value of a string; the characters of any other token. */
  readonly text: string;
  readonly at: Location;
}

/** White space and comments. */
const SEPARATORS = /(?:[ \t\r\n]+|(?:#|\/\/)[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const IDENTIFIER = /[\p{L}_][\p{L}\p{Nd}_.-]*/uy;
const NUMBER = /-?(?:0[xX][0-9a-fA-F]*|\d+(?:\.\d*)?(?:[eE][+-]?\d*)?)|\.\d+/y;
const PUNCTUATION: ReadonlySet<string> = new Set(['{', '}', '[', ']', ',', '=']);

/**
 * @param text with lines that end with `\n`
 * @returns the tokens; the last one is the end
 */
export function tokenize(text: string): Parsed<Token[]> {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let lineEnd = text.indexOf('\n');
  let offset = 0;
  for (;;) {
    offset += matchAt(SEPARATORS, text, offset)?.length ?? 0;
    while (lineEnd !== -1 && lineEnd < offset) {
      line++;
      lineStart = lineEnd + 1;
      lineEnd = text.indexOf('\n', lineStart);
    }
    const at = { line, column: offset - lineStart + 1 };
    if (offset === text.length) {
      tokens.push({ kind: 'end', text: '', at });
      return ok(tokens);
    }
    const scanned = scan(text, offset);
    if (!scanned.ok) return scanned;
    const { kind, text: value, end } = scanned.value;
    tokens.push({ kind, text: value, at });
    offset = end;
  }
}

interface Scanned extends Pick<Token, 'kind' | 'text'> {
  readonly end: number;
}

function scan(text: string, offset: number): Parsed<Scanned> {
  const character = text[offset] ?? '';
  if (PUNCTUATION.has(character)) {
    return ok({ kind: character as Punctuation, text: character, end: offset + 1 });
  }
  if (character === '"' || character === '<') {
    const string = character === '"' ? parseQuoted(text, offset) : parseHeredoc(text, offset);
    if (!string.ok) return string;
    return ok({ kind: 'string', text: string.value.value, end: string.value.end });
  }
  if (text.startsWith('/*', offset)) {
    return invalidAt(locationOf(text, offset), 'comment not terminated');
  }
  const identifier = matchAt(IDENTIFIER, text, offset);
  if (identifier !== undefined) {
    const isBoolean = identifier === 'true' || identifier === 'false';
    return ok({
      kind: isBoolean ? 'boolean' : 'identifier',
      text: identifier,
      end: offset + identifier.length,
    });
  }
  const number = matchAt(NUMBER, text, offset);
  if (number === undefined) {
    const found = String.fromCodePoint(text.codePointAt(offset) ?? 0);
    return invalidAt(locationOf(text, offset), `illegal char ${illegalCharacter(found)}`);
  }
  const illegal = whyIllegalNumber(number);
  if (illegal !== undefined) return invalidAt(locationOf(text, offset), illegal);
  return ok({ kind: 'number', text: number, end: offset + number.length });
}

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

function whyIllegalNumber(number: string): string | undefined {
  if (/^-?0[xX]$/.test(number)) return 'illegal hexadecimal number';
  if (/^-?0\d+$/.test(number) && /[89]/.test(number)) return 'illegal octal number';
  return /^-?0x|\d$|\.$/i.test(number) ? undefined : 'illegal exponent';
}
