/** What the metrics object answers to hubs, replicas, authorities, destinations and Workers. */

import type { KnownSource, Report } from '../metrics/reports.ts';

export interface MetricsContract {
  /** Takes what a hub, a replica, an authority or a destination has counted. */
  report(report: Report): void;
  /**
   * What is known of the hubs, replicas, authorities and destinations of a Vault namespace and of those below it.
   *
   * @param namespaceKey its key
   */
  read(namespaceKey: string): MetricsReading;
}

export interface MetricsReading {
  /** When it was read. Unix milliseconds. */
  readonly at: number;
  readonly sources: readonly KnownSource[];
  /** Reports that were dropped, because there are as many sources as are allowed. Only for the root namespace. */
  readonly dropped: number;
}

/** Whether the operator has left the binding of the metrics object in `wrangler.toml`. */
export function hasMetrics({ METRICS }: Partial<Env>): boolean {
  return METRICS !== undefined;
}
