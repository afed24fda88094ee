/** What the platform charges for, and rows of the table that count it. */
import type { Counted } from './counted.ts';
import type { Row } from './row.ts';

export interface Counts {
  /** Calls to objects. */
  readonly calls: number;
  /** Rows that they write. */
  readonly rows: number;
  /** Bytes of the lines of `REQUEST_LOG`. */
  readonly logBytes: number;
  /** Calls by who makes them. */
  readonly callsOf: CountsOf;
  /** Rows by who writes them. */
  readonly rowsOf: CountsOf;
}

type CountsOf = Readonly<Record<Counted, number>>;

/** What was counted since. */
export function since(before: Counts, after: Counts): Counts {
  return {
    calls: after.calls - before.calls,
    rows: after.rows - before.rows,
    logBytes: after.logBytes - before.logBytes,
    callsOf: difference(after.callsOf, before.callsOf),
    rowsOf: difference(after.rowsOf, before.rowsOf),
  };
}

function difference(after: CountsOf, before: CountsOf): CountsOf {
  const entries = Object.entries(after) as [Counted, number][];
  return Object.fromEntries(entries.map(([who, count]) => [who, count - before[who]])) as CountsOf;
}

/** A row of something that is counted once. @param name `counted/calls` */
export function countedRow(name: string, load: string, value: number, unit: string): Row {
  return {
    name,
    load,
    value: { median: value, min: value, max: value },
    unit,
    measurements: 1,
    dropped: 0,
    details: [],
    faults: [],
  };
}
