/** What can be wrong with what a subscriber received. */
export const KINDS = ['lost', 'duplicated', 'reordered', 'foreign', 'gap', 'cursor'] as const;
type Kind = (typeof KINDS)[number];

export interface Mismatch {
  readonly kind: Kind;
  readonly subscriber: string;
  /** The events concerned. */
  readonly ids: readonly string[];
  /** A sentence. */
  readonly text: string;
}
