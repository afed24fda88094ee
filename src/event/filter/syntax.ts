/** What a filter says, before any name or regular expression in it is looked at. */

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
  /** Empty where the operator takes none. */
  readonly value: string;
}

/** `in` is `contains` with its sides swapped. */
export type Operator = '==' | 'contains' | 'matches' | 'is empty' | 'is nil';

/**
 * `any … as x { … }` and `all …`: of lists and maps. An event's fields are strings, so what stands in
 * the braces is checked by the parser and never evaluated.
 */
export interface Quantified {
  readonly kind: 'quantified';
  readonly selector: Selector;
}

export interface Selector {
  /** as it was written: `metadata["path"]`, `"/event_type"` */
  readonly source: string;
  readonly path: readonly string[];
  /** as the grammar writes it where a selector stands for a value: `metadata.path`, `event_type` */
  readonly text: string;
}
