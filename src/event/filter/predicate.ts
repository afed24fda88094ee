/**
 * What an expression decides about an event. Almost all that fails is known without one: it is a matter of
 * names, regular expressions and operators. Only the length of a text that would have to be searched is not.
 */

import { quote } from '../../lib/quote.ts';
import { scans } from './cost.ts';
import { type Failing, type FilterFields, fieldOf } from './fields.ts';
import { MAX_FILTERED_CHARACTERS } from './limits.ts';
import { searchOfBytes } from './quoted.ts';
import { compileRegex } from './regex.ts';
import type { Comparison, Expression, Selector } from './syntax.ts';

/** A selector that was evaluated. */
export interface Selected {
  readonly selector: string;
  /** undefined: there is no such field */
  readonly value: string | undefined;
}

/** @param trace is given what is selected, in order; without it nothing is allocated */
export type Predicate = (fields: FilterFields, trace?: Selected[]) => boolean | Failed;

/** Why an evaluation fails, in the words of go-bexpr where it has any. */
type Failed = Pick<Failing, 'error'>;

type Decide = (value: string) => boolean;

/** @param failing is given every part that fails for every event */
export function predicateOf(expression: Expression, failing: Failing[]): Predicate {
  switch (expression.kind) {
    case 'or':
    case 'and':
      return connected(
        expression.operands.map((operand) => predicateOf(operand, failing)),
        expression.kind === 'or',
      );
    case 'not':
      return negated(predicateOf(expression.operand, failing));
    case 'quantified':
      return selecting(expression.selector, failing, () => noCollection(expression.selector));
    case 'comparison':
      return selecting(expression.selector, failing, () => decision(expression), scans(expression));
  }
}

/** The first operand that decides, or fails, ends the evaluation. */
function connected(operands: readonly Predicate[], deciding: boolean): Predicate {
  return (fields, trace) => {
    for (const operand of operands) {
      const outcome = operand(fields, trace);
      if (outcome !== !deciding) return outcome;
    }
    return !deciding;
  };
}

function negated(operand: Predicate): Predicate {
  return (fields, trace) => {
    const outcome = operand(fields, trace);
    return typeof outcome === 'boolean' ? !outcome : outcome;
  };
}

function selecting(
  selector: Selector,
  failing: Failing[],
  decisionOf: () => Decide | Failing,
  isScan = false,
): Predicate {
  const { source } = selector;
  const field = fieldOf(selector);
  if (typeof field !== 'string') {
    failing.push(field);
    return (_fields, trace) => {
      trace?.push({ selector: source, value: undefined });
      return field;
    };
  }
  const decide = decisionOf();
  if (typeof decide !== 'function') failing.push(decide);
  return (fields, trace) => {
    const value = fields[field];
    trace?.push({ selector: source, value });
    if (typeof decide !== 'function') return decide;
    return isScan && value.length > MAX_FILTERED_CHARACTERS
      ? tooLong(source, value)
      : decide(value);
  };
}

/** Publisher and subscriber together could else choose what a search costs. */
function tooLong(source: string, { length }: string): Failed {
  return {
    error: `${source} has ${length} characters: "matches", "contains" and "in" search at most ${MAX_FILTERED_CHARACTERS}`,
  };
}

function decision(comparison: Comparison): Decide | Failing {
  const decide = affirmative(comparison);
  if (!comparison.negated || typeof decide !== 'function') return decide;
  return (value) => !decide(value);
}

function affirmative({ operator, value: operand, selector }: Comparison): Decide | Failing {
  switch (operator) {
    case '==':
      return (value) => value === operand;
    case 'contains':
      return operand.isWellFormed() ? (value) => value.includes(operand) : searchOfBytes(operand);
    case 'matches': {
      const search = compileRegex(operand);
      return search.ok ? search.value : invalidRegex(operand, search.failure.message);
    }
    case 'is empty':
      return (value) => value === '';
    case 'is nil':
      return neverNil(selector);
  }
}

function invalidRegex(pattern: string, problem: string): Failing {
  return {
    error: `failed to compile regular expression ${quote(pattern)}: ${problem}`,
    warning: `The regular expression ${quote(pattern)} is invalid (${problem}), so no event is delivered for which it is evaluated.`,
  };
}

function neverNil({ source, text }: Selector): Failing {
  return {
    error: `cannot perform is-nil operations on type string for selector: ${quote(text)}`,
    warning: `The field ${source} is a string and never nil ("is empty" is for strings), so no event is delivered for which this is evaluated.`,
  };
}

function noCollection({ source, text }: Selector): Failing {
  return {
    error: `${text} is not a list or a map`,
    warning: `The field ${source} is a string and has no members for "any" or "all", so no event is delivered for which this is evaluated.`,
  };
}
