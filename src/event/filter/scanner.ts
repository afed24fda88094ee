import { invalid, ok, type Result } from '../../lib/result.ts';
import { unexpected } from './hint.ts';

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
