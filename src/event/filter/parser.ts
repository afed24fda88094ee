/**
 * The grammar of go-bexpr 0.1.16, which is a PEG: the first alternative that matches is taken, and the others are not
 * tried again for the rest of the text. `or` binds weaker than `and`, and `and` weaker than `not`. Alternatives with a
 * common beginning parse it once, so no nesting makes the parser read the same text again and again.
 */

import type { Result } from '../../lib/result.ts';
import { MAX_FILTER_DEPTH } from './limits.ts';
import { Scanner } from './scanner.ts';
import { literal, selector, word } from './selector.ts';
import type { Comparison, Expression, Quantified } from './syntax.ts';

/** The message of a failure has the line and the column, and what was expected there. */
export function parseFilter(text: string): Result<Expression> {
  const scanner = new Scanner(text);
  scanner.optionalBlanks();
  const expression = disjunction(scanner, 0);
  scanner.optionalBlanks();
  return scanner.result(expression);
}

/** A quantified expression outside of parentheses must be the last operand. */
function disjunction(scanner: Scanner, depth: number): Expression | undefined {
  const operands: Expression[] = [];
  let operand = conjunction(scanner, depth);
  while (operand !== undefined) {
    operands.push(operand);
    operand = scanner.attempt(() => connective(scanner, 'or') && conjunction(scanner, depth));
  }
  const last = scanner.attempt(
    () => (operands.length === 0 || connective(scanner, 'or')) && quantified(scanner, depth),
  );
  if (last !== undefined) operands.push(last);
  return joined('or', operands);
}

function conjunction(scanner: Scanner, depth: number): Expression | undefined {
  const operands: Expression[] = [];
  let operand = negation(scanner, depth);
  while (operand !== undefined) {
    operands.push(operand);
    operand = scanner.attempt(() => connective(scanner, 'and') && negation(scanner, depth));
  }
  return joined('and', operands);
}

function connective(scanner: Scanner, name: 'or' | 'and'): boolean {
  return scanner.blanks() && scanner.take(name) && scanner.blanks();
}

function joined(kind: 'or' | 'and', operands: readonly Expression[]): Expression | undefined {
  return operands.length > 1 ? { kind, operands } : operands[0];
}

/** `not` is also a word like any other: `not == 3`. */
function negation(scanner: Scanner, depth: number): Expression | undefined {
  if (depth > MAX_FILTER_DEPTH) {
    scanner.reject(scanner.position, `more than ${MAX_FILTER_DEPTH} levels of nesting`);
    return undefined;
  }
  const operand = scanner.attempt(
    () => scanner.take('not') && scanner.blanks() && negation(scanner, depth + 1),
  );
  if (operand !== undefined) return { kind: 'not', operand };
  return grouping(scanner, depth) ?? comparison(scanner);
}

function grouping(scanner: Scanner, depth: number): Expression | undefined {
  return scanner.attempt(() => {
    if (!scanner.take('(')) return undefined;
    scanner.optionalBlanks();
    const expression = disjunction(scanner, depth + 1);
    scanner.optionalBlanks();
    return expression !== undefined && scanner.take(')') && expression;
  });
}

function quantified(scanner: Scanner, depth: number): Quantified | undefined {
  if (!(scanner.take('any') || scanner.take('all')) || !scanner.blanks()) return undefined;
  const collection = selector(scanner);
  const isWhole =
    collection !== undefined &&
    scanner.blanks() &&
    scanner.take('as') &&
    scanner.blanks() &&
    binding(scanner) !== undefined &&
    scanner.optionalBlanks() &&
    scanner.take('{') &&
    scanner.optionalBlanks() &&
    disjunction(scanner, depth + 1) !== undefined &&
    scanner.optionalBlanks() &&
    scanner.take('}');
  return isWhole ? { kind: 'quantified', selector: collection } : undefined;
}

/** `x`, or index and value: `i, v`, `i, _`, `_, v`. */
function binding(scanner: Scanner): string | undefined {
  const comma = () => scanner.optionalBlanks() && scanner.take(',') && scanner.optionalBlanks();
  const placeholder = () => (scanner.take('_') ? '_' : undefined);
  return (
    scanner.attempt(() => word(scanner) && comma() && (word(scanner) ?? placeholder())) ??
    scanner.attempt(() => placeholder() && comma() && word(scanner)) ??
    word(scanner)
  );
}

type Relation = Pick<Comparison, 'operator' | 'negated'>;

function comparison(scanner: Scanner): Comparison | undefined {
  return scanner.attempt(() => {
    const left = selector(scanner);
    if (left !== undefined) {
      const found = valueComparison(scanner, left) ?? stateComparison(scanner, left);
      if (found !== undefined) return found;
    }
    const item = left?.text ?? literal(scanner);
    return item === undefined ? undefined : membership(scanner, item);
  });
}

/** A word without quotes is parsed as a selector, but its text is the value. */
function value(scanner: Scanner): string | undefined {
  return selector(scanner)?.text ?? literal(scanner);
}

function valueComparison(
  scanner: Scanner,
  selector: Comparison['selector'],
): Comparison | undefined {
  return scanner.attempt(() => {
    const relation = equality(scanner) ?? infix(scanner, ['contains', 'matches']);
    if (relation === undefined) return undefined;
    const right = value(scanner);
    return right === undefined
      ? undefined
      : { kind: 'comparison', selector, ...relation, value: right };
  });
}

function stateComparison(
  scanner: Scanner,
  selector: Comparison['selector'],
): Comparison | undefined {
  return scanner.attempt(() => {
    if (!(scanner.blanks() && scanner.take('is') && scanner.blanks())) return undefined;
    const negated = not(scanner);
    const operator = scanner.take('empty')
      ? 'is empty'
      : scanner.take('nil')
        ? 'is nil'
        : undefined;
    return operator && { kind: 'comparison', selector, operator, negated, value: '' };
  });
}

/** After an `in`, no other alternative of the grammar can succeed. */
function membership(scanner: Scanner, item: string): Comparison | undefined {
  const relation = infix(scanner, ['in']);
  if (relation === undefined) return undefined;
  const container = selector(scanner);
  if (container === undefined) {
    scanner.reject(scanner.position, 'the name of a field is expected after "in"');
    return undefined;
  }
  return { kind: 'comparison', selector: container, ...relation, value: item };
}

function equality(scanner: Scanner): Relation | undefined {
  return scanner.attempt(() => {
    scanner.optionalBlanks();
    const negated = !scanner.take('==');
    if (negated && !scanner.take('!=')) return undefined;
    scanner.optionalBlanks();
    return { operator: '==', negated };
  });
}

/** A word with blanks on both sides, perhaps after `not`. */
function infix(
  scanner: Scanner,
  words: readonly ('contains' | 'matches' | 'in')[],
): Relation | undefined {
  return scanner.attempt(() => {
    if (!scanner.blanks()) return undefined;
    const negated = not(scanner);
    const word = words.find((word) => scanner.take(word));
    if (word === undefined || !scanner.blanks()) return undefined;
    return { operator: word === 'in' ? 'contains' : word, negated };
  });
}

function not(scanner: Scanner): boolean {
  return scanner.attempt(() => scanner.take('not') && scanner.blanks()) !== undefined;
}
