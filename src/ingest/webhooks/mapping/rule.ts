/**
 * Rules: templates that build a text from a delivery. `github/{header:X-GitHub-Event}` reads a header, `stripe/{/type}`
 * a JSON pointer, and `{/event/type|/type|"none"}` the first alternative that has a value. `{id}` and `{timestamp}` are
 * the id and the time that the verifier read, and `{digest}` is the digest of what was signed.
 *
 * A sender must not decide which policies apply to its events. So a rule for a path or an event type begins with at
 * least one literal segment, and no value can leave it.
 */
import { quote } from '../../../lib/quote.ts';
import { failureIn, invalid, ok, type Result, tooMany } from '../../../lib/result.ts';
import { MAX_RULE_CHARACTERS } from '../../limits.ts';
import { HEADER_NAME, isSecretHeader } from '../headers.ts';
import { type Pointer, parsePointer, pointerText } from '../pointer.ts';

export type Rule = readonly Part[];

/** Literal text, or alternatives. */
type Part = string | readonly Alternative[];

export type Alternative =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'pointer'; readonly pointer: Pointer }
  | { readonly kind: 'variable'; readonly name: Variable }
  | { readonly kind: 'text'; readonly text: string };

const VARIABLES = ['id', 'timestamp', 'digest'] as const;
export type Variable = (typeof VARIABLES)[number];

/**
 * @param name the name of the field, for messages
 * @param source the value of `{source}`, which is literal text: the sender cannot choose it
 */
export function parseRule(text: string, name: string, source: string): Result<Rule> {
  if (text.length > MAX_RULE_CHARACTERS) {
    return tooMany(name, text.length, 'characters', MAX_RULE_CHARACTERS);
  }
  const parts: Part[] = [];
  for (const [piece] of text.matchAll(/\{(?:"[^"]*"|[^"}])*\}|[^{}]+|[{}]/g)) {
    if (piece === '{' || piece === '}') {
      return invalid(`${name} is ${quote(text)}, in which a ${quote(piece)} has no partner`);
    }
    if (!piece.startsWith('{')) parts.push(piece);
    else if (piece === '{source}') parts.push(source);
    else {
      const alternatives = parseAlternatives(piece.slice(1, -1), name);
      if (!alternatives.ok) return alternatives;
      parts.push(alternatives.value);
    }
  }
  return ok(parts);
}

function parseAlternatives(text: string, name: string): Result<Alternative[]> {
  const alternatives: Alternative[] = [];
  for (const each of text.match(/(?:"[^"]*"|[^|"])+/g) ?? ['']) {
    const alternative = parseAlternative(each, name);
    if (!alternative.ok) return alternative;
    alternatives.push(alternative.value);
  }
  return ok(alternatives);
}

function parseAlternative(text: string, name: string): Result<Alternative> {
  if (text.startsWith('header:')) {
    const header = text.slice('header:'.length);
    if (!HEADER_NAME.test(header)) {
      return invalid(`${name}: ${quote(header)} is no name of a header`);
    }
    return isSecretHeader(header)
      ? invalid(
          `${name}: the header ${quote(header)} carries the secret of the sender, which no event may have in it`,
        )
      : ok({ kind: 'header', name: header });
  }
  if (/^"[^"]*"$/.test(text)) return ok({ kind: 'text', text: text.slice(1, -1) });
  if (text.startsWith('/')) {
    const pointer = parsePointer(text);
    return pointer.ok
      ? ok({ kind: 'pointer', pointer: pointer.value })
      : failureIn(name, pointer.failure);
  }
  if (isVariable(text)) return ok({ kind: 'variable', name: text });
  return invalid(
    `${name}: ${quote(`{${text}}`)} is not understood; between braces stands "header:<name>", a JSON pointer that begins with "/", a text in quotes, "id", "timestamp", "digest" or "source"; "|" divides alternatives`,
  );
}

function isVariable(text: string): text is Variable {
  return (VARIABLES as readonly string[]).includes(text);
}

/** Checks that the rule begins with a whole literal segment, which the sender cannot choose. */
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

/** The rule as it was written. */
export function ruleText(rule: Rule): string {
  return rule
    .map((part) => (typeof part === 'string' ? part : `{${part.map(alternativeText).join('|')}}`))
    .join('');
}

function alternativeText(alternative: Alternative): string {
  switch (alternative.kind) {
    case 'header':
      return `header:${alternative.name}`;
    case 'pointer':
      return pointerText(alternative.pointer);
    case 'variable':
      return alternative.name;
    case 'text':
      return `"${alternative.text}"`;
  }
}
