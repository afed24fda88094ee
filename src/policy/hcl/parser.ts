/** HCL 1 as Vault reads policies in it: bodies of `key = value` and `key "label" { … }`. */
import { quote } from '../../lib/quote.ts';
import { MAX_POLICY_DEPTH } from '../limits.ts';
import {
  type Key,
  type Member,
  type Node,
  type ObjectNode,
  type Position,
  Problem,
} from './ast.ts';
import { type Token, tokenize } from './lexer.ts';

/** Reads a document, whose lines end in `\n`. No argument may be set twice in the same object. */
export function parseHcl(text: string): ObjectNode | Problem {
  const tokens = tokenize(text);
  if (tokens instanceof Problem) return tokens;
  return new Parser(tokens).object('end', { line: 1, column: 1 }, 0);
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The members up to and with the token that closes them. Commas between them may be there or not. */
  object(closing: '}' | 'end', at: Position, depth: number): ObjectNode | Problem {
    if (depth > MAX_POLICY_DEPTH) return tooDeep(at);
    const members: Member[] = [];
    const assigned = new Set<string>();
    while (this.#peek().kind !== closing) {
      const keys = this.#keys();
      if (keys instanceof Problem) return keys;
      const [key] = keys;
      if (this.#peek().kind === '=') {
        if (assigned.has(key.name)) return setTwice(key);
        assigned.add(key.name);
        this.#take();
      }
      const value = this.#value(depth);
      if (value instanceof Problem) return value;
      members.push({ keys, value });
      if (this.#peek().kind === ',') this.#take();
    }
    this.#take();
    return { kind: 'object', members, at };
  }

  /** The keys before a `=` or a `{`; before a `=` there is one. */
  #keys(): Member['keys'] | Problem {
    const keys: Key[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'identifier' || token.kind === 'text') {
        keys.push({ name: token.text, at: token.at });
        this.#take();
        continue;
      }
      const [first, ...rest] = keys;
      if (first === undefined) return new Problem(`expected a key, got ${named(token)}`, token.at);
      if (token.kind === '{' || (token.kind === '=' && rest.length === 0)) return [first, ...rest];
      const path = quote(keys.map(({ name }) => name).join(' '));
      const expected = rest.length === 0 ? '"{" or "="' : '"{"';
      return new Problem(`expected ${expected} behind ${path}, got ${named(token)}`, token.at);
    }
  }

  #value(depth: number): Node | Problem {
    const token = this.#take();
    switch (token.kind) {
      case 'text':
      case 'number':
        return { kind: token.kind, text: token.text, at: token.at };
      case 'boolean':
        return { kind: 'boolean', value: token.text === 'true', at: token.at };
      case '{':
        return this.object('}', token.at, depth + 1);
      case '[':
        return this.#list(token, depth + 1);
      default:
        return new Problem(`expected a value, got ${named(token)}`, token.at);
    }
  }

  #list({ at }: Token, depth: number): Node | Problem {
    if (depth > MAX_POLICY_DEPTH) return tooDeep(at);
    const items: Node[] = [];
    let separated = true;
    for (;;) {
      const token = this.#peek();
      if (token.kind === ']' || token.kind === ',') {
        this.#take();
        if (token.kind === ']') return { kind: 'list', items, at };
        separated = true;
        continue;
      }
      if (!separated) {
        return new Problem(`expected comma or list end, got ${named(token)}`, token.at);
      }
      const item = this.#value(depth);
      if (item instanceof Problem) return item;
      items.push(item);
      separated = false;
    }
  }

  #peek(): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new Error('read beyond the end of the policy');
    return token;
  }

  /** The end is never passed, so what reads on behind it sees it again. */
  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }
}

/** Vault 1.21 and later refuse what earlier versions merged. */
export function setTwice({ name, at }: Key): Problem {
  return new Problem(
    `The argument ${quote(name)} at ${at.line}:${at.column} was already set. Each argument can only be defined once; repeated`,
    at,
  );
}

export function tooDeep(at: Position): Problem {
  return new Problem(`nested deeper than ${MAX_POLICY_DEPTH} levels`, at);
}

function named({ kind, text }: Token): string {
  if (kind === 'end') return 'the end of the policy';
  if (kind === 'text') return 'a text';
  return quote(text);
}
