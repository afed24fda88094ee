/**
 * The cost of a filter: the steps for each character of a field, in the worst case. A step is one of a regular
 * expression, about 50 ns. A subscriber chooses the filter, and a publisher the fields.
 */

import { plainSearch } from './regex.ts';
import { analyzeRegex } from './regex-cost.ts';
import type { Comparison, Expression } from './syntax.ts';

/** Even a short regular expression needs an automaton, whose memory counts as steps. */
const AUTOMATON_STEPS = 8;

/** Characters of a searched text that cost one step. */
const CHARACTERS_PER_STEP = 32;

/** Only comparisons that scan a field cost steps. Equality costs none. */
export function filterCost(expression: Expression): number {
  switch (expression.kind) {
    case 'or':
    case 'and':
      return expression.operands.reduce((sum, operand) => sum + filterCost(operand), 0);
    case 'not':
      return filterCost(expression.operand);
    case 'quantified':
      return 0;
    case 'comparison':
      return comparisonCost(expression);
  }
}

/** Whether a longer field costs more. */
export function scansField({ operator }: Comparison): boolean {
  return operator === 'contains' || operator === 'matches';
}

function comparisonCost(comparison: Comparison): number {
  if (!scansField(comparison)) return 0;
  const { operator, value } = comparison;
  if (operator === 'contains' || plainSearch(value) !== undefined) {
    return 1 + Math.floor(value.length / CHARACTERS_PER_STEP);
  }
  const { isOverrepeated, size } = analyzeRegex(value);
  // Go rejects it, so it never runs.
  return isOverrepeated ? 0 : AUTOMATON_STEPS + Math.ceil(size);
}
