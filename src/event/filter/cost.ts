/**
 * The cost of a filter: the steps for each character of a field, in the worst case. A step is one of a regular
 * expression, about 50 ns. A subscriber chooses the filter, and a publisher the fields.
 */

import { type Comparison, comparisonsIn, type Expression } from './syntax.ts';

/** Even a short regular expression needs an automaton, whose memory counts as steps. */
const AUTOMATON_STEPS = 8;

/** Characters of a searched text that cost one step. */
const CHARACTERS_PER_STEP = 32;

/** Only comparisons that scan a field cost steps. Equality costs none. */
export function filterCost(expression: Expression): number {
  return comparisonsIn(expression).reduce((sum, comparison) => sum + comparisonCost(comparison), 0);
}

/** Whether a longer field costs more. */
export function scansField({ operator }: Comparison): boolean {
  return operator === 'contains' || operator === 'matches';
}

function comparisonCost(comparison: Comparison): number {
  if (!scansField(comparison)) return 0;
  const { operator, value } = comparison;
  if (operator === 'contains' || plainSearch(value) !== undefined) {
    return 1 + Math.floor(value.length / CHARACTERS_PER_STEP);
  }
  const { isOverrepeated, size } = analyzeRegex(value);
  // Go rejects it, so it never runs.
  return isOverrepeated ? 0 : AUTOMATON_STEPS + Math.ceil(size);
}

/**
 * Estimates the cost of a regular expression before the engine compiles it. The syntax is that of Go's package
 * regexp/syntax. The estimate may be wrong for an expression that is invalid for another reason, but the engine rejects
 * that at once.
 */
const CHARACTER = String.raw`\\x\{[0-9a-fA-F]+\}|\\x[0-9a-fA-F]{2}|\\[0-7]{1,3}|\\?[^]`;
const PROPERTY = String.raw`\\[pP](?:\{[^}]*\}|[^])`;
const TOKEN = new RegExp(
  [
    String.raw`\\Q[^]*?(?:\\E|$)`,
    String.raw`\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[^]|[^\]\\])*\]`,
    String.raw`\((?:\?P?<[a-zA-Z0-9_]+>|\?[a-zA-Z-]*[:)])?`,
    String.raw`[*+?]\??`,
    String.raw`\{(?:0|[1-9][0-9]*)(?:,(?:0|[1-9][0-9]*)?)?\}\??`,
    PROPERTY,
    CHARACTER,
  ].join('|'),
  'gu',
);
const CLASS_PART = new RegExp(`${PROPERTY}|(${CHARACTER})(?:-(${CHARACTER}))?`, 'gu');

/** Go's limit for the count of a repetition, multiplied with the counts of those inside it. */
const MAX_REPEATS = 1000;

/** A Unicode property is hundreds of ranges. */
const PROPERTY_SIZE = 8;

/** Characters of a range that cost as much as an instruction: `(?i)` folds them one by one. */
const RANGE_CHARACTERS = 512;

/** Keeps a product of sizes finite. */
const HUGE = 1e9;

interface Piece {
  readonly size: number;
  /** The counts of its repetitions, multiplied if they are nested. */
  readonly repeats: number;
}

/** The pieces between two parentheses. The last one is kept apart, because a repetition may follow. */
class Sequence {
  #size = 0;
  #repeats = 1;
  #last: Piece = { size: 0, repeats: 1 };

  append(piece: Piece): void {
    this.#size += this.#last.size;
    this.#repeats = Math.max(this.#repeats, this.#last.repeats);
    this.#last = piece;
  }

  repeat(min: number, max: number): void {
    const { size, repeats } = this.#last;
    const isBounded = max !== Number.POSITIVE_INFINITY;
    const copies = isBounded ? max : Math.max(min, 1);
    const branches = isBounded ? max - min : 2;
    this.#last = {
      size: Math.min(copies * size + branches, HUGE),
      repeats: max === 0 ? 1 : Math.min(copies * repeats, HUGE),
    };
  }

  whole(): Piece {
    this.append({ size: 0, repeats: 1 });
    return { size: this.#size, repeats: this.#repeats };
  }
}

interface RegexAnalysis {
  /** Whether Go rejects it for its repetitions. */
  readonly isOverrepeated: boolean;
  /** The approximate number of instructions, with repetitions written out. */
  readonly size: number;
  /** The expression without the names of groups: Go accepts a name twice, the engine does not. */
  readonly unnamed: string;
}

export function analyzeRegex(pattern: string): RegexAnalysis {
  const around: Sequence[] = [];
  let sequence = new Sequence();
  let unnamed = '';
  for (const [token] of pattern.matchAll(TOKEN)) {
    unnamed += token.endsWith('>') && token.startsWith('(?') ? '(' : token;
    const first = token[0];
    if (first === '(' && !token.endsWith(')')) {
      around.push(sequence);
      sequence = new Sequence();
    } else if (first === ')') {
      const { size, repeats } = sequence.whole();
      sequence = around.pop() ?? new Sequence();
      sequence.append({ size: size + 2, repeats });
    } else if (first === '*' || first === '+' || first === '?') {
      sequence.repeat(first === '+' ? 1 : 0, first === '?' ? 1 : Number.POSITIVE_INFINITY);
    } else if (first === '{' && token !== '{') {
      const [min = 0, max = min] = token.match(/[0-9]+/g)?.map(Number) ?? [];
      sequence.repeat(min, token.includes(',}') ? Number.POSITIVE_INFINITY : max);
    } else if (first !== '(') {
      for (const size of sizesOf(token)) sequence.append({ size, repeats: 1 });
    }
  }
  const parts = [...around, sequence].map((part) => part.whole());
  return {
    isOverrepeated: parts.some(({ repeats }) => repeats > MAX_REPEATS),
    size: parts.reduce((sum, { size }) => sum + size, 0),
    unnamed,
  };
}

/** For a token that is no operator: a class, a property, a character, or the characters in \\Q…\\E. */
function sizesOf(token: string): readonly number[] {
  if (token.startsWith('\\Q')) return Array.from(token.slice(2).replace(/\\E$/, ''), () => 1);
  if (token.length > 1 && token.startsWith('[')) return [sizeOfClass(token.slice(1, -1))];
  return [isProperty(token) ? PROPERTY_SIZE : 1];
}

function sizeOfClass(parts: string): number {
  let size = 1;
  for (const [part, from, to] of parts.matchAll(CLASS_PART)) {
    if (isProperty(part)) size += PROPERTY_SIZE;
    else if (from !== undefined && to !== undefined) {
      size += Math.max(0, codePointOf(to) - codePointOf(from)) / RANGE_CHARACTERS;
    }
  }
  return size;
}

function isProperty(token: string): boolean {
  return /^\\[pP]/.test(token);
}

function codePointOf(character: string): number {
  const [, hex, octal] = character.match(/^\\(?:x\{?([0-9a-fA-F]+)\}?|([0-7]+))$/) ?? [];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  if (octal !== undefined) return Number.parseInt(octal, 8);
  return character.codePointAt(character.length > 1 && character.startsWith('\\') ? 1 : 0) ?? 0;
}

/**
 * Regular expressions that only search for a text, such as `^secret/data/team-`. Most subscribers use such. They need no
 * automaton, and cost as much as a text search.
 */
const PLAIN =
  /^(\^?)((?:\.\*)?)((?:[^\\^$.|?*+()[\]{}]|\\[\\^$.|?*+()[\]{}\-/])*)((?:\.\*)?)(\$?)$/u;

/** @returns undefined if the expression is more than a text */
export function plainSearch(pattern: string): ((text: string) => boolean) | undefined {
  const [, start, before, escaped = '', after, end] = PLAIN.exec(pattern) ?? [];
  // `.*` does not match a line break, so it matters between an anchor and the text.
  if (start === undefined || (start && before) || (end && after)) return undefined;
  const part = escaped.replace(/\\(.)/gu, '$1');
  if (start && end) return (text) => text === part;
  if (start) return (text) => text.startsWith(part);
  if (end) return (text) => text.endsWith(part);
  return (text) => text.includes(part);
}
