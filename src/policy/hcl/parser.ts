/** Parses HCL 1, as Vault reads policies: bodies of `key = value` and `key "label" { … }`. */
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { MAX_POLICY_DEPTH } from '../limits.ts';
import type { Key, Member, Node, ObjectNode } from './ast.ts';
import { invalidAt, type Location, type Parsed } from './failure.ts';
import { type Token, tokenize } from './lexer.ts';

/** @param text with lines that end with `\n` */
export function parseHcl(text: string): Parsed<ObjectNode> {
  const tokens = tokenize(text);
  if (!tokens.ok) return tokens;
  return new Parser(tokens.value).object('end', { line: 1, column: 1 }, 0);
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Takes the closing token as well. Commas between members are optional. */
  object(closing: '}' | 'end', at: Location, depth: number): Parsed<ObjectNode> {
    if (depth > MAX_POLICY_DEPTH) return tooDeep(at);
    const members: Member[] = [];
    const assigned = new Set<string>();
    while (this.#peek().kind !== closing) {
      const keys = this.#keys();
      if (!keys.ok) return keys;
      const [key] = keys.value;
      if (this.#peek().kind === '=') {
        if (assigned.has(key.name)) return setTwice(key);
        assigned.add(key.name);
        this.#take();
      }
      const value = this.#value(depth);
      if (!value.ok) return value;
      members.push({ keys: keys.value, value: value.value });
      if (this.#peek().kind === ',') this.#take();
    }
    this.#take();
    return ok({ kind: 'object', members, at });
  }

  /** The keys before a `=` or a `{`. A `=` has only one. */
  #keys(): Parsed<Member['keys']> {
    const keys: Key[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'identifier' || token.kind === 'string') {
        keys.push({ name: token.text, at: token.at });
        this.#take();
        continue;
      }
      const [first, ...rest] = keys;
      if (first === undefined) return invalidAt(token.at, `expected a key, got ${nameOf(token)}`);
      if (token.kind === '{' || (token.kind === '=' && rest.length === 0)) {
        return ok([first, ...rest]);
      }
      const path = quote(keys.map(({ name }) => name).join(' '));
      const expected = rest.length === 0 ? '"{" or "="' : '"{"';
      return invalidAt(token.at, `expected ${expected} behind ${path}, got ${nameOf(token)}`);
    }
  }

  #value(depth: number): Parsed<Node> {
    const token = this.#take();
    switch (token.kind) {
      case 'string':
      case 'number':
        return ok({ kind: token.kind, text: token.text, at: token.at });
      case 'boolean':
        return ok({ kind: 'boolean', value: token.text === 'true', at: token.at });
      case '{':
        return this.object('}', token.at, depth + 1);
      case '[':
        return this.#list(token, depth + 1);
      default:
        return invalidAt(token.at, `expected a value, got ${nameOf(token)}`);
    }
  }

  #list({ at }: Token, depth: number): Parsed<Node> {
    if (depth > MAX_POLICY_DEPTH) return tooDeep(at);
    const items: Node[] = [];
    let separated = true;
    for (;;) {
      const token = this.#peek();
      if (token.kind === ']' || token.kind === ',') {
        this.#take();
        if (token.kind === ']') return ok({ kind: 'list', items, at });
        separated = true;
        continue;
      }
      if (!separated) {
        return invalidAt(token.at, `expected comma or list end, got ${nameOf(token)}`);
      }
      const item = this.#value(depth);
      if (!item.ok) return item;
      items.push(item.value);
      separated = false;
    }
  }

  #peek(): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new Error('read beyond the end of the policy');
    return token;
  }

  /** Never goes past the end, so the next call returns the end again. */
  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }
}

/** Vault 1.21 and later reject an argument that is set twice; earlier versions merged the two. */
function setTwice({ name, at }: Key) {
  return invalidAt(
    at,
    `The argument ${quote(name)} at ${at.line}:${at.column} was already set. Each argument can only be defined once; repeated`,
  );
}

export function tooDeep(at: Location) {
  return invalidAt(at, `nested deeper than ${MAX_POLICY_DEPTH} levels`);
}

function nameOf({ kind, text }: Token): string {
  if (kind === 'end') return 'the end of the policy';
  if (kind === 'string') return 'a text';
  return quote(text);
}
