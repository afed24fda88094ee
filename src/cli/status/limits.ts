/** The limits of `cli/status/`, each with its unit and its reason. */

/** How long `carillon status` waits for each answer: a server that takes longer is as good as down. */
export const STATUS_TIMEOUT_MS = 10_000;

/** Hubs whose state `carillon status` asks for: one request each. The names of further ones are shown. */
export const MAX_STATUS_HUBS = 20;

/** Destinations whose state it asks for: one request each. The names of further ones are shown. */
export const MAX_STATUS_DESTINATIONS = 20;

/** Shards of a region that the table of `carillon status` shows one by one. The formats for programs have all. */
export const MAX_STATUS_SHARDS = 20;
