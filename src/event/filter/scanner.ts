import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';

const BLANKS = /[ \t\r\n]+/y;

/** Characters that are probably not part of a value. */
const PUNCTUATION = '()[]{}=!<>&|,';

/** What can continue a word. If it is expected, the mistake is probably a value without quotes. */
export const WORD_CHARACTER = 'a letter, digit, "_" or "/"';

/**
 * Scans the text of a filter for the parser. As in a PEG, alternatives are tried in order. The scanner remembers the
 * furthest position that an alternative reached, and what was expected there: that is where the mistake is.
 */
export class Scanner {
  position = 0;
  readonly #text: string;
  #furthest = 0;
  readonly #expected = new Set<string>();
  #rejection: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text from `start` to the current position. */
  since(start: number): string {
    return this.#text.slice(start, this.position);
  }

  next(): string | undefined {
    return this.#text[this.position];
  }

  take(literal: string): boolean {
    if (!this.#text.startsWith(literal, this.position)) {
      this.expect(`"${literal}"`);
      return false;
    }
    this.position += literal.length;
    return true;
  }

  /** @param pattern a sticky regular expression */
  takeMatch(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.position += match[0].length;
    return match;
  }

  /** At least one blank. */
  blanks(): boolean {
    if (this.takeMatch(BLANKS) !== undefined) return true;
    this.expect('a blank');
    return false;
  }

  optionalBlanks(): true {
    this.blanks();
    return true;
  }

  /** Tries an alternative. If it fails, the position is reset. */
  attempt<T>(alternative: () => T | undefined | false): T | undefined {
    const start = this.position;
    const parsed = alternative();
    if (parsed !== undefined && parsed !== false) return parsed;
    this.position = start;
    return undefined;
  }

  expect(what: string): void {
    if (this.position < this.#furthest) return;
    if (this.position > this.#furthest) this.#expected.clear();
    this.#furthest = this.position;
    this.#expected.add(what);
  }

  /** Makes the filter invalid, even if another alternative succeeds. The first rejection is reported. */
  reject(position: number, message: string): void {
    this.#rejection ??= `${this.#location(position)}: ${message}`;
  }

  /** @param parsed what was parsed of the whole text; undefined if no alternative succeeded */
  result<T>(parsed: T | undefined): Result<T> {
    if (this.#rejection !== undefined) return invalid(this.#rejection);
    if (parsed !== undefined) {
      if (this.position === this.#text.length) return ok(parsed);
      this.expect('the end of the filter');
    }
    return invalid(this.#unexpected());
  }

  #unexpected(): string {
    const rest = this.#text.slice(this.#furthest);
    const [found] = rest;
    const what = found === undefined ? 'the filter ends' : unexpected(rest);
    const isPartOfValue = found !== undefined && !PUNCTUATION.includes(found);
    const hint =
      isPartOfValue && this.#expected.has(WORD_CHARACTER)
        ? ' (a value with other characters needs double quotes)'
        : '';
    return `${this.#location(this.#furthest)}: ${what}, expected ${alternatives([...this.#expected])}${hint}`;
  }

  #location(position: number): string {
    const lines = this.#text.slice(0, position).split('\n');
    const column = [...(lines.at(-1) ?? '')].length + 1;
    return `line ${lines.length}, column ${column}`;
  }
}

function alternatives(expected: readonly string[]): string {
  const sorted = expected.toSorted();
  const last = sorted.pop();
  return sorted.length === 0 ? `${last}` : `${sorted.join(', ')} or ${last}`;
}

const OPERATORS: readonly (readonly [found: RegExp, write: string])[] = [
  [/^=(?!=)/, '"=="'],
  [/^&&?/, '"and"'],
  [/^\|\|?/, '"or"'],
  [/^!(?!=)/, '"not"'],
  [/^like\b/i, '"matches", with a regular expression'],
  [/^[<>]/, '"==" or "matches": values are texts and have no order'],
];
const WORD = /^(?:and|or|not|in|is|contains|matches)\b/i;
const CURLY = /^[\u201c-\u201f\u00ab\u00bb\u2033\uff02\u2018-\u201b\u2032\uff07]/u;

/**
 * Describes an unexpected character, and suggests what to write instead. A message may become the value of a header, so a character that is not ASCII also has its number.
 *
 * @param rest the text from the unexpected character on
 * @example
 * unexpected('&& operation == "x"') // '"&" is unexpected (write "and")'
 */
function unexpected(rest: string): string {
  const [character = ''] = rest;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const name = /[^\x20-\x7e]/.test(character) ? ` (U+${code})` : '';
  const suggestion = suggestionFor(rest);
  const hint = suggestion === undefined ? '' : ` (${suggestion})`;
  return `${JSON.stringify(character)}${name} is unexpected${hint}`;
}

function suggestionFor(rest: string): string | undefined {
  if (CURLY.test(rest)) return 'a curly quote: write "';
  if (rest.startsWith("'")) return 'texts stand in double quotes: write "';
  const [word] = WORD.exec(rest) ?? [];
  if (word !== undefined && word !== word.toLowerCase()) {
    return `write ${quote(word.toLowerCase())}`;
  }
  const [, write] = OPERATORS.find(([found]) => found.test(rest)) ?? [];
  return write === undefined ? undefined : `write ${write}`;
}
