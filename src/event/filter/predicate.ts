/**
 * Compiles an expression to a predicate of an event. Almost all errors depend only on the names, operators and regular
 * expressions of the filter, so they are known at once. Only a field that is too long to search fails later.
 */

import { quote } from '../../lib/quote.ts';
import { ok, type Result } from '../../lib/result.ts';
import { scansField } from './cost.ts';
import { type ConstantError, constant, type FilterFields, selectedField } from './fields.ts';
import { MAX_FILTERED_CHARACTERS } from './limits.ts';
import { compileRegex } from './regex.ts';
import type { Comparison, Expression, Selector } from './syntax.ts';
import { byteSearch } from './unquote.ts';

/** A selector that was evaluated. */
export interface Selected {
  readonly selector: string;
  /** Undefined if there is no such field. */
  readonly value: string | undefined;
}

/**
 * True, false, or the error of a failed evaluation. A `Result` would be allocated for each event.
 *
 * @param trace collects the evaluated selectors
 */
type Predicate = (fields: FilterFields, trace?: Selected[]) => boolean | Failed;

/** The message of go-bexpr, if it has one. */
type Failed = Pick<ConstantError, 'error'>;

type Decide = (value: string) => boolean;

/** @param errors collects the parts that fail for every event */
export function predicateOf(expression: Expression, errors: ConstantError[]): Predicate {
  switch (expression.kind) {
    case 'or':
    case 'and':
      return connectOperands(
        expression.operands.map((operand) => predicateOf(operand, errors)),
        expression.kind === 'or',
      );
    case 'not':
      return negate(predicateOf(expression.operand, errors));
    case 'quantified':
      return selectField(expression.selector, errors, () => noCollection(expression.selector));
    case 'comparison':
      return selectField(
        expression.selector,
        errors,
        () => compileComparison(expression),
        scansField(expression),
      );
  }
}

/** Stops at the first operand that decides or fails. */
function connectOperands(operands: readonly Predicate[], deciding: boolean): Predicate {
  return (fields, trace) => {
    for (const operand of operands) {
      const outcome = operand(fields, trace);
      if (outcome !== !deciding) return outcome;
    }
    return !deciding;
  };
}

function negate(operand: Predicate): Predicate {
  return (fields, trace) => {
    const outcome = operand(fields, trace);
    return typeof outcome === 'boolean' ? !outcome : outcome;
  };
}

function selectField(
  selector: Selector,
  errors: ConstantError[],
  decisionOf: () => Result<Decide, ConstantError>,
  isLimited = false,
): Predicate {
  const { source } = selector;
  const selected = selectedField(selector);
  if (!selected.ok) {
    errors.push(selected.failure);
    return (_fields, trace) => {
      trace?.push({ selector: source, value: undefined });
      return selected.failure;
    };
  }
  const field = selected.value;
  const decision = decisionOf();
  if (!decision.ok) errors.push(decision.failure);
  return (fields, trace) => {
    const value = fields[field];
    trace?.push({ selector: source, value });
    if (!decision.ok) return decision.failure;
    return isLimited && value.length > MAX_FILTERED_CHARACTERS
      ? tooLong(source, value)
      : decision.value(value);
  };
}

/** Otherwise publishers and subscribers together could make a search as expensive as they like. */
function tooLong(source: string, { length }: string): Failed {
  return {
    error: `${source} has ${length} characters: "matches", "contains" and "in" search at most ${MAX_FILTERED_CHARACTERS}`,
  };
}

function compileComparison(comparison: Comparison): Result<Decide, ConstantError> {
  const decide = compileOperator(comparison);
  if (!comparison.negated || !decide.ok) return decide;
  return ok((value) => !decide.value(value));
}

function compileOperator({
  operator,
  value: operand,
  selector,
}: Comparison): Result<Decide, ConstantError> {
  switch (operator) {
    case '==':
      return ok((value) => value === operand);
    case 'contains':
      return ok(operand.isWellFormed() ? (value) => value.includes(operand) : byteSearch(operand));
    case 'matches': {
      const search = compileRegex(operand);
      return search.ok ? search : invalidRegex(operand, search.failure.message);
    }
    case 'is empty':
      return ok((value) => value === '');
    case 'is nil':
      return neverNil(selector);
  }
}

function invalidRegex(regex: string, message: string) {
  return constant({
    error: `failed to compile regular expression ${quote(regex)}: ${message}`,
    warning: `The regular expression ${quote(regex)} is invalid (${message}), so no event is delivered for which it is evaluated.`,
  });
}

function neverNil({ source, text }: Selector) {
  return constant({
    error: `cannot perform is-nil operations on type string for selector: ${quote(text)}`,
    warning: `The field ${source} is a string and never nil ("is empty" is for strings), so no event is delivered for which this is evaluated.`,
  });
}

function noCollection({ source, text }: Selector) {
  return constant({
    error: `${text} is not a list or a map`,
    warning: `The field ${source} is a string and has no members for "any" or "all", so no event is delivered for which this is evaluated.`,
  });
}
