/** Parses one comparison: a selector and an operator, or a value `in` a selector. */
import { literal } from './literal.ts';
import type { Scanner } from './scanner.ts';
import { selector } from './selector.ts';
import type { Comparison } from './syntax.ts';

type Relation = Pick<Comparison, 'operator' | 'negated'>;

export function comparison(scanner: Scanner): Comparison | undefined {
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
