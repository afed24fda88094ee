/**
 * Rules: texts in which parts of a delivery are substituted. `github/{header:X-GitHub-Event}` takes a header,
 * `stripe/{/type}` what a JSON pointer leads to, `{/event/type|/type|"none"}` the first that there is; `{id}` and
 * `{timestamp}` what the scheme reads that verified the delivery, `{digest}` the digest of what was signed.
 *
 * What a sender can choose never decides where an event belongs: a rule for a path or an event type has a
 * literal beginning of at least one segment, and no value leads out of it.
 */
import { dotSegment } from '../../lib/dot-segment.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { MAX_RULE_CHARACTERS } from '../limits.ts';
import { type Pointer, parsePointer, pointerText, resolve } from './pointer.ts';

/** What a sender sent, as far as rules look at it. */
export interface Delivery {
  header(name: string): string | null | undefined;
  readonly document: unknown;
  readonly words?: Readonly<Partial<Record<Word, string | undefined>>>;
}

/** What the scheme of the delivery reads from it, and the digest of what was signed. */
const WORDS = ['id', 'timestamp', 'digest'] as const;
type Word = (typeof WORDS)[number];

export type Rule = readonly Part[];

/** Literal text, or choices of which the first that there is counts. */
type Part = string | readonly Choice[];

type Choice =
  | { readonly header: string }
  | { readonly pointer: Pointer }
  | { readonly word: Word }
  | { readonly text: string };

export const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/**
 * Headers in which a sender sends the secret itself. Whoever can write a source cannot read its secrets, so no rule
 * can take one of these.
 */
const SECRET_HEADERS = ['X-Vault-Token', 'Authorization', 'X-Gitlab-Token'] as const;
export type SecretHeader = (typeof SECRET_HEADERS)[number];

/**
 * @param name of the field, for messages
 * @param source what `{source}` stands for: a part of the rule, and no choice of the sender
 */
export function parseRule(text: string, name: string, source: string): Result<Rule> {
  if (text.length > MAX_RULE_CHARACTERS) {
    return invalid(
      `${name} has ${text.length} characters, at most ${MAX_RULE_CHARACTERS} are allowed`,
    );
  }
  const parts: Part[] = [];
  for (const [piece] of text.matchAll(/\{(?:"[^"]*"|[^"}])*\}|[^{}]+|[{}]/g)) {
    if (piece === '{' || piece === '}') {
      return invalid(`${name} is ${quote(text)}, in which a ${quote(piece)} has no partner`);
    }
    if (!piece.startsWith('{')) parts.push(piece);
    else if (piece === '{source}') parts.push(source);
    else {
      const choices = parseChoices(piece.slice(1, -1), name);
      if (!choices.ok) return choices;
      parts.push(choices.value);
    }
  }
  return ok(parts);
}

function parseChoices(text: string, name: string): Result<Choice[]> {
  const choices: Choice[] = [];
  for (const each of text.match(/(?:"[^"]*"|[^|"])+/g) ?? ['']) {
    if (each.startsWith('header:')) {
      const header = each.slice('header:'.length);
      if (!HEADER_NAME.test(header)) {
        return invalid(`${name}: ${quote(header)} is no name of a header`);
      }
      if (isSecret(header)) {
        return invalid(
          `${name}: the header ${quote(header)} carries the secret of the sender, which no event may have in it`,
        );
      }
      choices.push({ header });
    } else if (/^"[^"]*"$/.test(each)) {
      choices.push({ text: each.slice(1, -1) });
    } else if (each.startsWith('/')) {
      const pointer = parsePointer(each);
      if (!pointer.ok) return invalid(`${name}: ${pointer.failure.message}`);
      choices.push({ pointer: pointer.value });
    } else if (isWord(each)) {
      choices.push({ word: each });
    } else {
      return invalid(
        `${name}: ${quote(`{${each}}`)} is not understood; between braces stands "header:<name>", a JSON pointer that begins with "/", a text in quotes, "id", "timestamp", "digest" or "source"; "|" divides alternatives`,
      );
    }
  }
  return ok(choices);
}

function isSecret(header: string): boolean {
  return SECRET_HEADERS.some((each) => each.toLowerCase() === header.toLowerCase());
}

/** Checks that what a rule makes always begins with a whole segment that the sender cannot choose. */
export function checkLiteralPrefix(rule: Rule, name: string, text: string): Result<Rule> {
  const first = rule.findIndex((part) => typeof part !== 'string');
  if (first === -1) return ok(rule);
  const literal = rule.slice(0, first).join('');
  return literal.endsWith('/') && literal.length > 1 && !literal.startsWith('/')
    ? ok(rule)
    : invalid(
        `${name} is ${quote(text)}, which lets the sender choose where the event belongs; begin it with a segment of your own, such as "github/{…}"`,
      );
}

/**
 * What a rule makes of a delivery; undefined where a value is missing.
 *
 * @param substituted checks a value, or makes it what may stand in its place
 */
export function apply(
  rule: Rule,
  delivery: Delivery,
  substituted: (value: string) => Result<string> = ok,
): Result<string | undefined> {
  let text = '';
  for (const part of rule) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const value = choose(part, delivery, substituted);
    if (value === undefined || !value.ok) return value ?? ok(undefined);
    text += value.value;
  }
  return ok(text);
}

/** Which value of the delivery a rule takes and does not find, where `apply` makes nothing of it. */
export function lackOf(rule: Rule, delivery: Delivery): string {
  const missing = rule.find(
    (part) => typeof part !== 'string' && choose(part, delivery, ok) === undefined,
  );
  const choices = typeof missing === 'object' ? missing : [];
  return `the delivery lacks ${choices.map(describe).join(' and ')}, which the rule ${quote(textOf(rule))} takes`;
}

function describe(choice: Choice): string {
  if ('header' in choice) return `the header ${choice.header}`;
  if ('pointer' in choice) return `a text or number at ${quote(pointerText(choice.pointer))}`;
  return 'word' in choice ? `what stands for {${choice.word}}` : 'a text';
}

function textOf(rule: Rule): string {
  return rule
    .map((part) => (typeof part === 'string' ? part : `{${part.map(choiceText).join('|')}}`))
    .join('');
}

function choiceText(choice: Choice): string {
  if ('header' in choice) return `header:${choice.header}`;
  if ('pointer' in choice) return pointerText(choice.pointer);
  return 'word' in choice ? choice.word : `"${choice.text}"`;
}

/** The first alternative that has a value which may stand here; else why the first of them may not. */
function choose(
  choices: readonly Choice[],
  delivery: Delivery,
  substituted: (value: string) => Result<string>,
): Result<string> | undefined {
  let refused: Result<string> | undefined;
  for (const choice of choices) {
    const value = found(choice, delivery);
    const isValue =
      (typeof value === 'string' && value !== '') || typeof value === 'boolean' || isExact(value);
    if (!isValue) continue;
    const made = substituted(String(value));
    if (made.ok) return made;
    refused ??= made;
  }
  return refused;
}

/** A whole number beyond 2^53 was rounded when it was read: two ids of that length could become one. */
function isExact(value: unknown): value is number {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

function isWord(text: string): text is Word {
  return (WORDS as readonly string[]).includes(text);
}

function found(choice: Choice, { header, document, words }: Delivery): unknown {
  if ('text' in choice) return choice.text;
  if ('word' in choice) return words?.[choice.word];
  return 'header' in choice ? header(choice.header) : resolve(choice.pointer, document);
}

/** A value that may stand in a path: it stays below what precedes it, whoever reads the path. */
export function pathValue(given: string): Result<string> {
  const value = trimSlashes(given);
  const segments = value.split('/');
  if (segments.includes('')) {
    return invalid(`the value ${quote(value)} has an empty segment, and cannot stand in a path`);
  }
  const dots = dotSegment(value);
  return dots === undefined
    ? ok(value)
    : invalid(`the value ${quote(value)} has a ${quote(dots)} segment, and cannot stand in a path`);
}
