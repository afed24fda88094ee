/**
 * The filter of a subscription, as in Vault: an expression of hashicorp/go-bexpr over the fields of an event.
 *
 * @example
 * compileFilter('operation != "data-read" and data_path matches "^secret/data/team-"')
 */

import { invalid, ok, type Result, tooMany } from '../../lib/result.ts';
import { filterCost } from './cost.ts';
import { type ConstantError, type FilterFields, selectedField } from './fields.ts';
import { MAX_FILTER_CHARACTERS } from './limits.ts';
import { parseFilter } from './parser.ts';
import { predicateOf, type Selected } from './predicate.ts';
import { checkRegexes } from './regex.ts';
import { comparisonsIn, type Expression } from './syntax.ts';

export type { FilterFields } from './fields.ts';

/** The details of an evaluation, for `explain`. */
export interface Evaluation {
  readonly result: boolean | 'error';
  /** The message of go-bexpr, if the result is `error`. */
  readonly error?: string;
  /** Each selector that was evaluated, in order. */
  readonly selectors: readonly Selected[];
}

interface Equality {
  readonly field: keyof FilterFields;
  readonly value: string;
}

export interface Filter {
  readonly text: string;
  /** One sentence for each part of the filter that fails for every event. */
  readonly warnings: readonly string[];
  /** Steps for each character of a field, in the worst case. Subscribers have a budget of them. */
  readonly cost: number;
  /** A field that has this value in every event that passes; undefined if none is known. */
  readonly equality: Equality | undefined;
  /** Whether the event passes. If the evaluation fails, it does not. */
  matches(fields: FilterFields): boolean;
  evaluate(fields: FilterFields): Evaluation;
}

/** Errors that go-bexpr only finds when it evaluates are warnings of a compiled filter. */
export function compileFilter(text: string): Result<Filter> {
  if (text.length > MAX_FILTER_CHARACTERS) {
    return tooMany('the filter', text.length, 'characters', MAX_FILTER_CHARACTERS);
  }
  if (!text.isWellFormed()) return invalid('the filter has an unpaired surrogate');
  const expression = parseFilter(text);
  if (!expression.ok) return expression;
  const patterns = comparisonsIn(expression.value).filter(({ operator }) => operator === 'matches');
  const regexes = checkRegexes(patterns.map(({ value }) => value));
  if (!regexes.ok) return regexes;

  const errors: ConstantError[] = [];
  const decide = predicateOf(expression.value, errors);
  return ok({
    text,
    warnings: [...new Set(errors.map(({ warning }) => warning))],
    cost: filterCost(expression.value),
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

/** The fields whose values differ most between events come first. */
const MOST_SELECTIVE: readonly (keyof FilterFields)[] = [
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
    const field = selectedField(operand.selector);
    return field.ok ? [{ field: field.value, value: operand.value }] : [];
  });
  return equalities.sort(
    (a, b) => MOST_SELECTIVE.indexOf(a.field) - MOST_SELECTIVE.indexOf(b.field),
  )[0];
}
