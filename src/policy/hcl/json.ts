/**
 * Parses JSON as HCL 1 does: a name may occur twice, a comma may end an object or a list, strings have Go's escapes,
 * and text after the document is ignored. HCL also drops silently what follows a missing comma, value or bracket.
 * Carillon rejects such a policy, because it would lose a rule.
 */
import { ok } from '../../lib/result.ts';
import { MAX_POLICY_DEPTH } from '../limits.ts';
import type { Document, Key, Member, Node } from './ast.ts';
import { invalidAt, type Location, locationOf, type Parsed } from './failure.ts';
import { illegalCharacter } from './illegal-character.ts';
import { tooDeep } from './parser.ts';
import { type ParsedString, parseEscape } from './string.ts';

const BLANK = /[ \t\r\n]*/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/y;
const SURROGATES = /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/y;
const WORD = /true|false|null/y;

/** The document is one JSON object. `null` is an empty string, as in HCL 1. */
export function parseJsonPolicy(text: string): Parsed<Document> {
  const parser = new JsonParser(text);
  const document = parser.value(0);
  if (!document.ok) return document;
  const { value } = document;
  if (value.kind !== 'object') return invalidAt(value.at, 'the policy is not an object');
  const unread = parser.rest();
  return ok(unread === undefined ? value : { ...value, unread });
}

class JsonParser {
  readonly #text: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Parsed<Node> {
    const at = this.#location();
    if (depth > MAX_POLICY_DEPTH) return tooDeep(at);
    if (this.#accept('{')) return this.#object(at, depth);
    if (this.#accept('[')) return this.#list(at, depth);
    if (this.#text[this.#offset] === '"') {
      const text = this.#string();
      return text.ok ? ok({ kind: 'string', text: text.value, at }) : text;
    }
    const word = this.#match(WORD);
    if (word === 'null') return ok({ kind: 'string', text: '', at });
    if (word !== undefined) return ok({ kind: 'boolean', value: word === 'true', at });
    const number = this.#match(NUMBER);
    if (number !== undefined) return ok({ kind: 'number', text: number, at });
    return this.#expected('a value');
  }

  /** Where text follows the document; undefined if none does. */
  rest(): Location | undefined {
    const at = this.#location();
    return this.#offset < this.#text.length ? at : undefined;
  }

  #object(at: Location, depth: number): Parsed<Node> {
    const members: Member[] = [];
    do {
      if (this.#accept('}')) return ok({ kind: 'object', members, at });
      const key = this.#key();
      if (!key.ok) return key;
      if (!this.#accept(':')) return this.#expected('":"');
      const value = this.value(depth + 1);
      if (!value.ok) return value;
      members.push({ keys: [key.value], value: value.value });
    } while (this.#accept(','));
    return this.#accept('}') ? ok({ kind: 'object', members, at }) : this.#expected('"," or "}"');
  }

  #key(): Parsed<Key> {
    const at = this.#location();
    const name = this.#string();
    return name.ok ? ok({ name: name.value, at }) : name;
  }

  #list(at: Location, depth: number): Parsed<Node> {
    const items: Node[] = [];
    let separated = true;
    for (;;) {
      if (this.#accept(']')) return ok({ kind: 'list', items, at });
      if (this.#accept(',')) {
        separated = true;
        continue;
      }
      if (!separated) return this.#expected('"," or "]"');
      const item = this.value(depth + 1);
      if (!item.ok) return item;
      items.push(item.value);
      separated = false;
    }
  }

  #string(): Parsed<string> {
    const start = this.#offset;
    const quoted = this.#match(STRING);
    if (quoted === undefined) return this.#expected('a text');
    if (quoted.includes('\n')) {
      return invalidAt(locationOf(this.#text, start), 'literal not terminated');
    }
    let value = '';
    let verbatim = start + 1;
    const end = this.#offset - 1;
    for (let at = quoted.indexOf('\\'); at !== -1; at = quoted.indexOf('\\', verbatim - start)) {
      const escaped = this.#escape(start + at);
      if (!escaped.ok) return escaped;
      value += this.#text.slice(verbatim, start + at) + escaped.value.value;
      verbatim = escaped.value.end;
    }
    return ok((value + this.#text.slice(verbatim, end)).toWellFormed());
  }

  /** The escapes of JSON, some of which HCL does not have, and those of Go. */
  #escape(at: number): Parsed<ParsedString> {
    if (this.#text[at + 1] === '/') return ok({ value: '/', end: at + 2 });
    SURROGATES.lastIndex = at;
    const pair = SURROGATES.exec(this.#text)?.[0];
    return pair === undefined
      ? parseEscape(this.#text, at)
      : ok({ value: JSON.parse(`"${pair}"`), end: at + pair.length });
  }

  #accept(character: string): boolean {
    this.#location();
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

  #expected(what: string) {
    const at = this.#location();
    const found = this.#text.codePointAt(this.#offset);
    const got =
      found === undefined ? 'the end of the policy' : illegalCharacter(String.fromCodePoint(found));
    return invalidAt(at, `expected ${what}, got ${got}`);
  }

  /** Skips white space and returns the location after it. Line ends occur nowhere else. */
  #location(): Location {
    const start = this.#offset;
    const blank = this.#match(BLANK) ?? '';
    for (let end = blank.indexOf('\n'); end !== -1; end = blank.indexOf('\n', end + 1)) {
      this.#line++;
      this.#lineStart = start + end + 1;
    }
    return { line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }
}
