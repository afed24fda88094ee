import { unexpected } from './hint.ts';

/**
 * The text of a filter while it is parsed. Alternatives are tried in the order of the grammar, as a
 * PEG does; the reader remembers the furthest place that any of them reached, and what would have
 * helped there, since that is where the user's mistake is.
 */
const BLANKS = /[ \t\r\n]+/y;

/** What a user hardly means as a part of a value. */
const PUNCTUATION = '()[]{}=!<>&|,';

/** What continues a word; a mistake there is mostly a value that needs quotes. */
export const WORD_CHARACTER = 'a letter, digit, "_" or "/"';

export class Reader {
  position = 0;
  readonly #text: string;
  #furthest = 0;
  readonly #expected = new Set<string>();
  #refusal: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text from a place to the position. */
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

  /** @param pattern a sticky one */
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

  /** Goes back to where it began if the alternative comes to nothing. */
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

  /** The filter is invalid, whatever another alternative makes of it. The first refusal counts. */
  refuse(position: number, problem: string): void {
    this.#refusal ??= `${this.#place(position)}: ${problem}`;
  }

  /** Why the filter is invalid, given whether it could be parsed; undefined where it is not. */
  problem(parsed: boolean): string | undefined {
    if (this.#refusal !== undefined) return this.#refusal;
    if (parsed && this.position === this.#text.length) return undefined;
    if (parsed) this.expect('the end of the filter');
    const rest = this.#text.slice(this.#furthest);
    const [found] = rest;
    const what = found === undefined ? 'the filter ends' : unexpected(rest);
    const isPartOfValue = found !== undefined && !PUNCTUATION.includes(found);
    const hint =
      isPartOfValue && this.#expected.has(WORD_CHARACTER)
        ? ' (a value with other characters needs double quotes)'
        : '';
    return `${this.#place(this.#furthest)}: ${what}, expected ${alternatives([...this.#expected])}${hint}`;
  }

  #place(position: number): string {
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
