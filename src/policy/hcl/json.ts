/**
 * Policies in JSON as HCL 1 reads it: a name may be given twice, a comma may end an object or a list, texts
 * have Go's escapes, and text behind the document is not read. HCL also drops, in silence, what a missing
 * comma, value or bracket leaves over; a policy that would lose a rule so is refused here.
 */
import { MAX_POLICY_DEPTH } from '../limits.ts';
import {
  type Document,
  type Key,
  type Member,
  type Node,
  type Position,
  Problem,
  positionOf,
} from './ast.ts';
import { illegalCharacter } from './illegal.ts';
import { tooDeep } from './parser.ts';
import { type Read, readEscape } from './text.ts';

const BLANK = /[ \t\r\n]*/y;
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/y;
const SURROGATES = /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/y;
const WORD = /true|false|null/y;

/** Reads a document that is one JSON object. `null` is an empty text, as HCL 1 has it. */
export function parseJsonPolicy(text: string): Document | Problem {
  const reader = new Reader(text);
  const value = reader.value(0);
  if (value instanceof Problem) return value;
  if (value.kind !== 'object') return new Problem('the policy is not an object', value.at);
  const unread = reader.rest();
  return unread === undefined ? value : { ...value, unread };
}

class Reader {
  readonly #text: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Node | Problem {
    const at = this.#position();
    if (depth > MAX_POLICY_DEPTH) return tooDeep(at);
    if (this.#accept('{')) return this.#object(at, depth);
    if (this.#accept('[')) return this.#list(at, depth);
    if (this.#text[this.#offset] === '"') {
      const text = this.#string();
      return text instanceof Problem ? text : { kind: 'text', text, at };
    }
    const word = this.#match(WORD);
    if (word === 'null') return { kind: 'text', text: '', at };
    if (word !== undefined) return { kind: 'boolean', value: word === 'true', at };
    const number = this.#match(NUMBER);
    if (number !== undefined) return { kind: 'number', text: number, at };
    return this.#expected('a value');
  }

  /** Where text follows the document, if any does. */
  rest(): Position | undefined {
    const at = this.#position();
    return this.#offset < this.#text.length ? at : undefined;
  }

  #object(at: Position, depth: number): Node | Problem {
    const members: Member[] = [];
    do {
      if (this.#accept('}')) return { kind: 'object', members, at };
      const key = this.#key();
      if (key instanceof Problem) return key;
      if (!this.#accept(':')) return this.#expected('":"');
      const value = this.value(depth + 1);
      if (value instanceof Problem) return value;
      members.push({ keys: [key], value });
    } while (this.#accept(','));
    return this.#accept('}') ? { kind: 'object', members, at } : this.#expected('"," or "}"');
  }

  #key(): Key | Problem {
    const at = this.#position();
    const name = this.#string();
    return name instanceof Problem ? name : { name, at };
  }

  #list(at: Position, depth: number): Node | Problem {
    const items: Node[] = [];
    let separated = true;
    for (;;) {
      if (this.#accept(']')) return { kind: 'list', items, at };
      if (this.#accept(',')) {
        separated = true;
        continue;
      }
      if (!separated) return this.#expected('"," or "]"');
      const item = this.value(depth + 1);
      if (item instanceof Problem) return item;
      items.push(item);
      separated = false;
    }
  }

  #string(): string | Problem {
    const start = this.#offset;
    const quoted = this.#match(TEXT);
    if (quoted === undefined) return this.#expected('a text');
    if (quoted.includes('\n')) {
      return new Problem('literal not terminated', positionOf(this.#text, start));
    }
    let value = '';
    let verbatim = start + 1;
    const end = this.#offset - 1;
    for (let at = quoted.indexOf('\\'); at !== -1; at = quoted.indexOf('\\', verbatim - start)) {
      const escaped = this.#escape(start + at);
      if (escaped instanceof Problem) return escaped;
      value += this.#text.slice(verbatim, start + at) + escaped.value;
      verbatim = escaped.end;
    }
    return (value + this.#text.slice(verbatim, end)).toWellFormed();
  }

  /** JSON's own escapes, which HCL does not all know, and those of Go. */
  #escape(at: number): Read | Problem {
    if (this.#text[at + 1] === '/') return { value: '/', end: at + 2 };
    SURROGATES.lastIndex = at;
    const pair = SURROGATES.exec(this.#text)?.[0];
    return pair === undefined
      ? readEscape(this.#text, at)
      : { value: JSON.parse(`"${pair}"`), end: at + pair.length };
  }

  #accept(character: string): boolean {
    this.#position();
    if (this.#text[this.#offset] !== character) return false;
    this.#offset++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text)?.[0];
    this.#offset += match?.length ?? 0;
    return match;
  }

  #expected(what: string): Problem {
    const at = this.#position();
    const found = this.#text.codePointAt(this.#offset);
    const got =
      found === undefined ? 'the end of the policy' : illegalCharacter(String.fromCodePoint(found));
    return new Problem(`expected ${what}, got ${got}`, at);
  }

  /** Skips white space, the only place of line ends, and says where that leads. */
  #position(): Position {
    const start = this.#offset;
    const blank = this.#match(BLANK) ?? '';
    for (let end = blank.indexOf('\n'); end !== -1; end = blank.indexOf('\n', end + 1)) {
      this.#line++;
      this.#lineStart = start + end + 1;
    }
    return { line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }
}
