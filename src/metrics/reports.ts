/**
 * Adds up what sources report. A source counts in memory, and begins at 0 whenever it wakes. So a report has what was
 * counted since then, and a report that arrives twice counts once.
 */

import type { Values } from './metric.ts';

/** The entries in which all sources are stored. */
export const STORED_ENTRIES = 8;

/** What a source reports. */
export interface Report {
  /** A receiver ignores a report in a format that it does not know. */
  readonly format: 1;
  readonly kind: 'hub' | 'replica' | 'authority' | 'destination';
  /** The name of the object. */
  readonly source: string;
  /** A random id of the time for which it was awake. */
  readonly life: string;
  /** What it counted since it woke. */
  readonly counts: Values;
  /** What its state is. */
  readonly state: Values;
  /** Nothing is stored of the source any more, so its metrics are forgotten. */
  readonly ended?: true;
}

/** What is known of a source. */
export interface KnownSource {
  readonly kind: Report['kind'];
  readonly source: string;
  readonly life: string;
  /** Unix milliseconds. */
  readonly reportedAt: number;
  /** What it counted before its present life. */
  readonly before: Values;
  readonly counts: Values;
  readonly state: Values;
  /** What its values have gained with the last report; with the first one, what it has counted. */
  readonly gained: Values;
  /** Milliseconds between the last two reports; 0 if there was one. */
  readonly gainedInMs: number;
}

export function addReport(
  known: KnownSource | undefined,
  report: Report,
  now: number,
): KnownSource {
  const { kind, source, life, counts, state } = report;
  const before =
    known === undefined || known.life === life
      ? (known?.before ?? {})
      : sum(known.before, known.counts);
  const added = { kind, source, life, reportedAt: now, before, counts, state };
  return {
    ...added,
    gained: known === undefined ? counts : difference(valuesOf(added), valuesOf(known)),
    gainedInMs: known === undefined ? 0 : Math.max(now - known.reportedAt, 0),
  };
}

/** All values of a source, by key. */
export function valuesOf({
  before,
  counts,
  state,
}: Pick<KnownSource, 'before' | 'counts' | 'state'>): Values {
  return { ...sum(before, counts), ...state };
}

/** The values that are not 0. */
export function withoutZeros(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
}

function sum(a: Values, b: Values): Values {
  const result: Record<string, number> = { ...a };
  for (const [key, value] of Object.entries(b)) result[key] = (result[key] ?? 0) + value;
  return result;
}

function difference(a: Values, b: Values): Values {
  return Object.fromEntries(Object.entries(a).map(([key, value]) => [key, value - (b[key] ?? 0)]));
}
