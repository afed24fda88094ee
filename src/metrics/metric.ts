/** What a metric is, and how a source counts for it. A source is a hub, one of its replicas, or an authority. */

export type Labels = Readonly<Record<string, string>>;

/** What a source reports, by key. */
export type Values = Readonly<Record<string, number>>;

export interface Metric {
  /** As OpenTelemetry names metrics: with dots, and without the unit. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** The unit in UCUM: bytes or seconds. A number of things has none. */
  readonly unit?: 'By' | 's';
  readonly help: string;
  /** The series of each source: the keys under which it reports them, and their labels. */
  readonly series: Readonly<Record<string, Labels>>;
  /** Whether the reported value is a time in Unix milliseconds, and the metric says how long ago that is. */
  readonly isTime?: boolean;
  /** Which sources have it, of a metric of hubs and replicas; undefined for both. */
  readonly of?: 'hub' | 'replica';
  /** A label whose values a source reports: each is added to the key, after a dot. Only what is reported is shown. */
  readonly by?: string;
}

/** The keys of the series of metrics. */
export type KeysOf<Metrics extends readonly Metric[]> = Metrics[number] extends infer Each
  ? Each extends { readonly series: infer Series }
    ? keyof Series & string
    : never
  : never;

/** A number for each key, to be raised where something happens. */
export type Counts<Key extends string> = Record<Key, number>;

export function newCounts<const Metrics extends readonly Metric[]>(
  metrics: Metrics,
): Counts<KeysOf<Metrics>> {
  const keys = metrics.flatMap(({ series }) => Object.keys(series));
  return Object.fromEntries(keys.map((key) => [key, 0])) as Counts<KeysOf<Metrics>>;
}

/** Upper bounds in seconds, as OpenTelemetry advises for operations of a database. */
export const DURATION_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] as const;

/** Durations, counted by bounds. It is reported as one value for each bound, one for more, and the sum. */
export class Durations {
  readonly #counts = new Array<number>(DURATION_BOUNDS.length + 1).fill(0);
  #seconds = 0;

  add(milliseconds: number): void {
    const seconds = Math.max(milliseconds, 0) / 1000;
    const bound = DURATION_BOUNDS.findIndex((each) => seconds <= each);
    const index = bound === -1 ? DURATION_BOUNDS.length : bound;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#seconds += seconds;
  }

  /** @param key of the series */
  values(key: string): Values {
    const counts = this.#counts.map((count, index) => [bucketKey(key, index), count]);
    return Object.fromEntries([...counts, [sumKey(key), this.#seconds]]);
  }
}

/** Of the durations up to a bound and above the one before; the last are above all bounds. */
export function bucketKey(key: string, index: number): string {
  return `${key}.${index}`;
}

export function sumKey(key: string): string {
  return `${key}.sum`;
}

/** Under which a source reports a series of a metric with `by`. @param value of the label */
export function labelledKey(key: string, value: string | number): string {
  return `${key}.${value}`;
}
