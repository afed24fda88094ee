/**
 * Filter expressions of a subscription, as Vault has them: hashicorp/go-bexpr over an event's fields.
 *
 * @example
 * compileFilter('operation != "data-read" and data_path matches "^secret/data/team-"')
 */

import { invalid, ok, type Result } from '../../lib/result.ts';
import { costOf } from './cost.ts';
import { type Failing, type FilterFields, fieldOf } from './fields.ts';
import { MAX_FILTER_CHARACTERS } from './limits.ts';
import { parseFilter } from './parser.ts';
import { predicateOf, type Selected } from './predicate.ts';
import { checkPatterns } from './regex.ts';
import type { Expression } from './syntax.ts';

export type { FilterFields } from './fields.ts';

/** What became of one evaluation: for "explain". */
export interface Evaluation {
  readonly result: boolean | 'error';
  /** why, where the result is 'error', in the words of go-bexpr */
  readonly error?: string;
  /** each selector that was evaluated, in order, with its value (undefined: there is no such field) */
  readonly selectors: readonly Selected[];
}

export interface Equality {
  readonly field: keyof FilterFields;
  readonly value: string;
}

export interface Filter {
  readonly text: string;
  /** What in the filter fails for every event, and why: one sentence each. Mostly empty. */
  readonly warnings: readonly string[];
  /** Steps for each character of a field, at most: what subscribers have budgets of. */
  readonly cost: number;
  /** A field that has this value in every event that passes; undefined where none is known. */
  readonly equality: Equality | undefined;
  /** Whether the event passes; an evaluation that fails is a no. */
  matches(fields: FilterFields): boolean;
  evaluate(fields: FilterFields): Evaluation;
}

/**
 * Compiles a filter.
 *
 * @returns the filter, or an `invalid` failure: where it is wrong and what was expected there, or the
 * bound that it exceeds. What go-bexpr notices only when it evaluates is accepted, and a warning.
 */
export function compileFilter(text: string): Result<Filter> {
  if (text.length > MAX_FILTER_CHARACTERS) {
    return invalid(
      `the filter has ${text.length} characters, at most ${MAX_FILTER_CHARACTERS} are allowed`,
    );
  }
  if (!text.isWellFormed()) return invalid('the filter has an unpaired surrogate');
  const expression = parseFilter(text);
  if (!expression.ok) return expression;
  const patterns = checkPatterns(patternsOf(expression.value));
  if (!patterns.ok) return patterns;

  const failing: Failing[] = [];
  const decide = predicateOf(expression.value, failing);
  return ok({
    text,
    warnings: [...new Set(failing.map(({ warning }) => warning))],
    cost: costOf(expression.value),
    equality: equalityOf(expression.value),
    matches: (fields) => decide(fields) === true,
    evaluate: (fields) => {
      const selectors: Selected[] = [];
      const outcome = decide(fields, selectors);
      if (typeof outcome === 'boolean') return { result: outcome, selectors };
      return { result: 'error', error: outcome.error, selectors };
    },
  });
}

/** The fields by which events differ most come first. */
const MOST_TELLING: readonly (keyof FilterFields)[] = [
  'data_path',
  'event_type',
  'namespace',
  'source_plugin_mount',
  'operation',
];

function equalityOf(expression: Expression): Equality | undefined {
  const operands = expression.kind === 'and' ? expression.operands : [expression];
  const equalities = operands.flatMap((operand) => {
    if (operand.kind === 'and') return equalityOf(operand) ?? [];
    if (operand.kind !== 'comparison' || operand.operator !== '==' || operand.negated) return [];
    const field = fieldOf(operand.selector);
    return typeof field === 'string' ? [{ field, value: operand.value }] : [];
  });
  return equalities.sort(
    (a, b) => MOST_TELLING.indexOf(a.field) - MOST_TELLING.indexOf(b.field),
  )[0];
}

function patternsOf(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'or':
    case 'and':
      return expression.operands.flatMap(patternsOf);
    case 'not':
      return patternsOf(expression.operand);
    case 'comparison':
      return expression.operator === 'matches' ? [expression.value] : [];
    case 'quantified':
      return [];
  }
}
