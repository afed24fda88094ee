/** The syntax tree of a filter. Names and regular expressions are not checked yet. */

export type Expression =
  | { readonly kind: 'or' | 'and'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  | Comparison
  | Quantified;

export interface Comparison {
  readonly kind: 'comparison';
  readonly selector: Selector;
  readonly operator: Operator;
  /** `!=`, `not contains`, `not in`, `not matches`, `is not empty`, `is not nil` */
  readonly negated: boolean;
  /** Empty if the operator has no operand. */
  readonly value: string;
}

/** `in` is `contains` with its sides swapped. */
type Operator = '==' | 'contains' | 'matches' | 'is empty' | 'is nil';

/**
 * `any … as x { … }` and `all …`, for lists and maps. The fields of an event are strings, so the parser checks the text
 * in the braces, but it is never evaluated.
 */
export interface Quantified {
  readonly kind: 'quantified';
  readonly selector: Selector;
}

export interface Selector {
  /** As written: `metadata["path"]`, `"/event_type"`. */
  readonly source: string;
  readonly path: readonly string[];
  /** As the grammar writes it if the selector is used as a value: `metadata.path`, `event_type`. */
  readonly text: string;
}

/** The comparisons that are evaluated, in order: those of `any` and `all` never are. */
export function comparisonsIn(expression: Expression): readonly Comparison[] {
  switch (expression.kind) {
    case 'or':
    case 'and':
      return expression.operands.flatMap(comparisonsIn);
    case 'not':
      return comparisonsIn(expression.operand);
    case 'comparison':
      return [expression];
    case 'quantified':
      return [];
  }
}
