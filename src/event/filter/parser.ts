/**
 * The grammar of go-bexpr 0.1.16, with the decisions of its PEG: the first alternative that fits is
 * taken, and what it leaves over is not read again in another way. `or` binds weaker than `and`,
 * `and` weaker than `not`. Common beginnings of alternatives are parsed once, so no nesting makes the
 * parser go over the same text again and again.
 */

import { invalid, ok, type Result } from '../../lib/result.ts';
import { comparison } from './comparison.ts';
import { MAX_FILTER_DEPTH } from './limits.ts';
import { Reader } from './reader.ts';
import { selector, word } from './selector.ts';
import type { Expression, Quantified } from './syntax.ts';

/** @returns the expression, or an `invalid` failure that says where and what was expected */
export function parseFilter(text: string): Result<Expression> {
  const reader = new Reader(text);
  reader.optionalBlanks();
  const expression = disjunction(reader, 0);
  reader.optionalBlanks();
  const problem = reader.problem(expression !== undefined);
  if (expression === undefined || problem !== undefined) return invalid(`${problem}`);
  return ok(expression);
}

/** A quantified expression outside of parentheses must be the last operand. */
function disjunction(reader: Reader, depth: number): Expression | undefined {
  const operands: Expression[] = [];
  let operand = conjunction(reader, depth);
  while (operand !== undefined) {
    operands.push(operand);
    operand = reader.attempt(() => connective(reader, 'or') && conjunction(reader, depth));
  }
  const last = reader.attempt(
    () => (operands.length === 0 || connective(reader, 'or')) && quantified(reader, depth),
  );
  if (last !== undefined) operands.push(last);
  return joined('or', operands);
}

function conjunction(reader: Reader, depth: number): Expression | undefined {
  const operands: Expression[] = [];
  let operand = negation(reader, depth);
  while (operand !== undefined) {
    operands.push(operand);
    operand = reader.attempt(() => connective(reader, 'and') && negation(reader, depth));
  }
  return joined('and', operands);
}

function connective(reader: Reader, name: 'or' | 'and'): boolean {
  return reader.blanks() && reader.take(name) && reader.blanks();
}

function joined(kind: 'or' | 'and', operands: readonly Expression[]): Expression | undefined {
  return operands.length > 1 ? { kind, operands } : operands[0];
}

/** `not` is also a word like any other: `not == 3`. */
function negation(reader: Reader, depth: number): Expression | undefined {
  if (depth > MAX_FILTER_DEPTH) {
    reader.refuse(reader.position, `more than ${MAX_FILTER_DEPTH} levels of nesting`);
    return undefined;
  }
  const operand = reader.attempt(
    () => reader.take('not') && reader.blanks() && negation(reader, depth + 1),
  );
  if (operand !== undefined) return { kind: 'not', operand };
  return grouping(reader, depth) ?? comparison(reader);
}

function grouping(reader: Reader, depth: number): Expression | undefined {
  return reader.attempt(() => {
    if (!reader.take('(')) return undefined;
    reader.optionalBlanks();
    const expression = disjunction(reader, depth + 1);
    reader.optionalBlanks();
    return expression !== undefined && reader.take(')') && expression;
  });
}

function quantified(reader: Reader, depth: number): Quantified | undefined {
  if (!(reader.take('any') || reader.take('all')) || !reader.blanks()) return undefined;
  const collection = selector(reader);
  const isWhole =
    collection !== undefined &&
    reader.blanks() &&
    reader.take('as') &&
    reader.blanks() &&
    binding(reader) !== undefined &&
    reader.optionalBlanks() &&
    reader.take('{') &&
    reader.optionalBlanks() &&
    disjunction(reader, depth + 1) !== undefined &&
    reader.optionalBlanks() &&
    reader.take('}');
  return isWhole ? { kind: 'quantified', selector: collection } : undefined;
}

/** `x`, or index and value: `i, v`, `i, _`, `_, v`. */
function binding(reader: Reader): string | undefined {
  const comma = () => reader.optionalBlanks() && reader.take(',') && reader.optionalBlanks();
  const placeholder = () => (reader.take('_') ? '_' : undefined);
  return (
    reader.attempt(() => word(reader) && comma() && (word(reader) ?? placeholder())) ??
    reader.attempt(() => placeholder() && comma() && word(reader)) ??
    word(reader)
  );
}
