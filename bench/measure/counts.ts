/** What the platform charges for, and rows of the table that count it. */
import type { Row } from './row.ts';

export interface Counts {
  /** Calls to objects. */
  readonly calls: number;
  /** Rows that they write. */
  readonly rows: number;
  /** Bytes of the lines of `REQUEST_LOG`. */
  readonly logBytes: number;
}

/** A row of something that is counted once. */
export function countedRow(name: string, load: string, value: number, unit: string): Row {
  return {
    name: `counted/${name}`,
    load,
    value: { median: value, min: value, max: value },
    unit,
    measurements: 1,
    dropped: 0,
    details: [],
    faults: [],
  };
}
