/** One comparison: a selector and an operator, or a value `in` a selector. */
import { literal } from './literal.ts';
import type { Reader } from './reader.ts';
import { selector } from './selector.ts';
import type { Comparison } from './syntax.ts';

type Relation = Pick<Comparison, 'operator' | 'negated'>;

export function comparison(reader: Reader): Comparison | undefined {
  return reader.attempt(() => {
    const left = selector(reader);
    if (left !== undefined) {
      const found = valueComparison(reader, left) ?? stateComparison(reader, left);
      if (found !== undefined) return found;
    }
    const item = left?.text ?? literal(reader);
    return item === undefined ? undefined : membership(reader, item);
  });
}

/** A word without quotes is a selector by its spelling, and stands for its text. */
function value(reader: Reader): string | undefined {
  return selector(reader)?.text ?? literal(reader);
}

function valueComparison(reader: Reader, selector: Comparison['selector']): Comparison | undefined {
  return reader.attempt(() => {
    const relation = equality(reader) ?? infix(reader, ['contains', 'matches']);
    if (relation === undefined) return undefined;
    const right = value(reader);
    return right === undefined
      ? undefined
      : { kind: 'comparison', selector, ...relation, value: right };
  });
}

function stateComparison(reader: Reader, selector: Comparison['selector']): Comparison | undefined {
  return reader.attempt(() => {
    if (!(reader.blanks() && reader.take('is') && reader.blanks())) return undefined;
    const negated = not(reader);
    const operator = reader.take('empty') ? 'is empty' : reader.take('nil') ? 'is nil' : undefined;
    return operator && { kind: 'comparison', selector, operator, negated, value: '' };
  });
}

/** Once an `in` was read, no other reading of the filter is valid. */
function membership(reader: Reader, item: string): Comparison | undefined {
  const relation = infix(reader, ['in']);
  if (relation === undefined) return undefined;
  const container = selector(reader);
  if (container === undefined) {
    reader.refuse(reader.position, 'the name of a field is expected after "in"');
    return undefined;
  }
  return { kind: 'comparison', selector: container, ...relation, value: item };
}

function equality(reader: Reader): Relation | undefined {
  return reader.attempt(() => {
    reader.optionalBlanks();
    const negated = !reader.take('==');
    if (negated && !reader.take('!=')) return undefined;
    reader.optionalBlanks();
    return { operator: '==', negated };
  });
}

/** A word with blanks on both sides, which `not` may precede. */
function infix(
  reader: Reader,
  words: readonly ('contains' | 'matches' | 'in')[],
): Relation | undefined {
  return reader.attempt(() => {
    if (!reader.blanks()) return undefined;
    const negated = not(reader);
    const word = words.find((word) => reader.take(word));
    if (word === undefined || !reader.blanks()) return undefined;
    return { operator: word === 'in' ? 'contains' : word, negated };
  });
}

function not(reader: Reader): boolean {
  return reader.attempt(() => reader.take('not') && reader.blanks()) !== undefined;
}
