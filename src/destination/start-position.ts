/** Where a new destination starts, and where a replay starts: a position that does not depend on one hub. */
export type StartPosition =
  | { readonly kind: 'earliest' }
  /** Events accepted at this time or later. Unix milliseconds. */
  | { readonly kind: 'time'; readonly at: number };
