/** What the process that measures a herd asks of the process that has its clients. */

export interface HerdOptions {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly count: number;
  readonly pattern: string;
  /** Whether the clients can do no more than a page. */
  readonly isPage: boolean;
}

export type HerdRequest = { readonly id: number } & (
  | { readonly type: 'open'; readonly options: HerdOptions }
  | { readonly type: 'cut'; readonly resets: boolean }
  | { readonly type: 'report' }
);

export interface HerdReport {
  /** From the cut, ascending; of those that are back. */
  readonly backAfterMs: readonly number[];
  /** Why attempts of each client failed after the cut. */
  readonly failures: readonly (readonly string[])[];
  /** Ids of events, and gaps, of each client. */
  readonly heard: readonly (readonly string[])[];
  readonly cpuSeconds: number;
}
