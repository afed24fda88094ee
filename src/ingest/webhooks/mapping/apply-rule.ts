/** Applies a rule to a delivery. */

import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { dotSegment } from '../../../lib/text.ts';
import { trimSlashes } from '../../../namespace/namespace.ts';
import { pointerText, valueAt } from '../pointer.ts';
import { type Alternative, type Rule, ruleText, type Variable } from './rule.ts';

/** What a rule can read. */
export interface RuleInput {
  header(name: string): string | null | undefined;
  readonly document: unknown;
  readonly variables?: Readonly<Partial<Record<Variable, string | undefined>>>;
}

/**
 * @param convert checks a value and returns the text that is inserted
 * @returns undefined if a value is missing
 */
export function applyRule(
  rule: Rule,
  input: RuleInput,
  convert: (value: string) => Result<string> = ok,
): Result<string | undefined> {
  let text = '';
  for (const part of rule) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const value = firstValue(part, input, convert);
    if (value === undefined || !value.ok) return value ?? ok(undefined);
    text += value.value;
  }
  return ok(text);
}

/** Which value is missing, if `applyRule` returns undefined. */
export function missingValue(rule: Rule, input: RuleInput): string {
  const part = rule.find(
    (each) => typeof each !== 'string' && firstValue(each, input, ok) === undefined,
  );
  const alternatives = typeof part === 'object' ? part : [];
  return `the delivery lacks ${alternatives.map(describe).join(' and ')}, which the rule ${quote(ruleText(rule))} takes`;
}

function describe(alternative: Alternative): string {
  switch (alternative.kind) {
    case 'header':
      return `the header ${alternative.name}`;
    case 'pointer':
      return `a text or number at ${quote(pointerText(alternative.pointer))}`;
    case 'variable':
      return `what stands for {${alternative.name}}`;
    case 'text':
      return 'a text';
  }
}

/** The first alternative with a value that can be converted; otherwise the first failure. */
function firstValue(
  alternatives: readonly Alternative[],
  input: RuleInput,
  convert: (value: string) => Result<string>,
): Result<string> | undefined {
  let failed: Result<string> | undefined;
  for (const alternative of alternatives) {
    const value = readValue(alternative, input);
    const isUsable =
      (typeof value === 'string' && value !== '') || typeof value === 'boolean' || isExact(value);
    if (!isUsable) continue;
    const converted = convert(String(value));
    if (converted.ok) return converted;
    failed ??= converted;
  }
  return failed;
}

/** JSON rounds a whole number beyond 2^53, so two long ids could become one. */
function isExact(value: unknown): value is number {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

function readValue(alternative: Alternative, { header, document, variables }: RuleInput): unknown {
  switch (alternative.kind) {
    case 'header':
      return header(alternative.name);
    case 'pointer':
      return valueAt(alternative.pointer, document);
    case 'variable':
      return variables?.[alternative.name];
    case 'text':
      return alternative.text;
  }
}

/** Converts a value for a path: it must stay below what precedes it, however a reader resolves the path. */
export function pathValue(given: string): Result<string> {
  const value = trimSlashes(given);
  const segments = value.split('/');
  if (segments.includes('')) {
    return invalid(`the value ${quote(value)} has an empty segment, and cannot stand in a path`);
  }
  // It takes the place of bytes that are no UTF-8, in headers and forms: several values would become one path.
  if (value.includes('\ufffd')) {
    return invalid(`the value ${quote(value)} is not UTF-8, and cannot stand in a path`);
  }
  const dots = dotSegment(value);
  return dots === undefined
    ? ok(value)
    : invalid(`the value ${quote(value)} has a ${quote(dots)} segment, and cannot stand in a path`);
}
