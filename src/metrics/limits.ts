/** The limits of `metrics/`, each with its unit and its reason. */

/** How long a hub, a replica, an authority or a destination waits, at least, between two reports of its metrics. */
export const REPORT_INTERVAL_MS = 60_000;

/**
 * How long the metrics object gathers reports before it writes them together. Below the 10 s without work after which the
 * platform evicts an object.
 */
export const STORE_INTERVAL_MS = 5000;

/**
 * Hubs, replicas, authorities and destinations whose metrics are stored. A Vault namespace may have as many as it leaves free,
 * so that one with many hubs or shards does not hide the others; its destinations have a share of their own.
 */
export const MAX_REPORTED_SOURCES = 1000;

/** How long the metrics of a hub, a replica, an authority or a destination are shown after its last report. */
export const MAX_REPORT_AGE_MS = 24 * 60 * 60 * 1000;

/** How long an authority uses the counts of its rows before it counts again: each row that it counts is a row read. */
export const METRICS_RECOUNT_MS = 600_000;
