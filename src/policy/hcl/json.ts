/** Policies in JSON, read by hand for what `JSON.parse` loses: positions, and names given twice. */
import { MAX_POLICY_DEPTH } from '../../limits.ts';
import {
  type Key,
  type Member,
  type Node,
  type ObjectNode,
  type Position,
  Problem,
  positionOf,
} from './ast.ts';
import { setTwice, tooDeep } from './parser.ts';

const BLANK = /[ \t\r\n]*/y;
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** Reads a document that is one JSON object. `null` is an empty text, as HCL 1 has it. */
export function parseJsonPolicy(text: string): ObjectNode | Problem {
  const reader = new Reader(text);
  const value = reader.value(0);
  if (value instanceof Problem) return value;
  const rest = reader.rest();
  if (rest !== undefined) return rest;
  return value.kind === 'object' ? value : new Problem('the policy is not an object', value.at);
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

  /** What is wrong with what follows the document, if anything does. */
  rest(): Problem | undefined {
    const at = this.#position();
    return this.#offset < this.#text.length
      ? new Problem('expected the end of the policy', at)
      : undefined;
  }

  #object(at: Position, depth: number): Node | Problem {
    const members: Member[] = [];
    const names = new Set<string>();
    if (this.#accept('}')) return { kind: 'object', members, at };
    do {
      const key = this.#key();
      if (key instanceof Problem) return key;
      if (names.has(key.name)) return setTwice(key);
      names.add(key.name);
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
    if (this.#accept(']')) return { kind: 'list', items, at };
    do {
      const item = this.value(depth + 1);
      if (item instanceof Problem) return item;
      items.push(item);
    } while (this.#accept(','));
    return this.#accept(']') ? { kind: 'list', items, at } : this.#expected('"," or "]"');
  }

  #string(): string | Problem {
    const start = this.#offset;
    const quoted = this.#match(TEXT);
    if (quoted === undefined) return this.#expected('a text');
    try {
      return (JSON.parse(quoted) as string).toWellFormed();
    } catch {
      return new Problem('not a JSON text', positionOf(this.#text, start));
    }
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
    return new Problem(`expected ${what}`, this.#position());
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
