/**
 * What a comparison costs: the steps that it takes for each character of its text, where publisher and
 * subscriber choose the worst for each other. The steps are those of a regular expression, some 50 ns.
 */
import { readPattern } from './pattern.ts';
import { searchOfPlain } from './plain-pattern.ts';
import type { Comparison, Expression } from './syntax.ts';

/** What the automaton of a regular expression costs in memory counts as well, however short it is. */
const AUTOMATON_STEPS = 8;

/** Characters of a part that is searched for that cost one step. */
const CHARACTERS_PER_STEP = 32;

/** The steps of all comparisons that scan a text: of equality it is none. */
export function costOf(expression: Expression): number {
  switch (expression.kind) {
    case 'or':
    case 'and':
      return expression.operands.reduce((sum, operand) => sum + costOf(operand), 0);
    case 'not':
      return costOf(expression.operand);
    case 'quantified':
      return 0;
    case 'comparison':
      return costOfComparison(expression);
  }
}

/** Whether a comparison goes through its text, so that a longer one costs more. */
export function scans({ operator }: Comparison): boolean {
  return operator === 'contains' || operator === 'matches';
}

function costOfComparison(comparison: Comparison): number {
  if (!scans(comparison)) return 0;
  const { operator, value } = comparison;
  if (operator === 'contains' || searchOfPlain(value) !== undefined) {
    return 1 + Math.floor(value.length / CHARACTERS_PER_STEP);
  }
  const { isOverrepeated, size } = readPattern(value);
  // What Go refuses is never run.
  return isOverrepeated ? 0 : AUTOMATON_STEPS + Math.ceil(size);
}
