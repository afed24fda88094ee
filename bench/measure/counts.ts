/** What the platform charges for. */
export interface Counts {
  /** Calls to objects. */
  readonly calls: number;
  /** Rows that they write. */
  readonly rows: number;
}
