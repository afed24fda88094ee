/** The limits of `destination/`, each with its unit and its reason. */

/** Policies of one destination: as many as a token has. Each is read before each attempt. */
export const MAX_DESTINATION_POLICIES = 100;

/** Events of one batch. Cloudflare Queues takes no more messages at a time. */
export const MAX_BATCH_EVENTS = 100;

/** How long an event waits for others of its batch. */
export const MAX_BATCH_WAIT_SECONDS = 60;

/** Batches of one destination under way at a time. Each holds its events in memory, and a connection. */
export const MAX_CONCURRENCY = 4;

/** Attempts at one batch. */
export const MAX_ATTEMPTS = 100;

/** The same, if the operator does not choose it: two days of the schedule, so `max_age` usually ends it. */
export const DEFAULT_ATTEMPTS = 20;

/** How long a batch is tried: at least. Shorter, and a receiver that restarts would lose events. */
export const MIN_DELIVERY_AGE_SECONDS = 60;

/** At most: the longest time for which a journal can be set to retain events. */
export const MAX_DELIVERY_AGE_SECONDS = 7 * 24 * 60 * 60;

/** If the operator does not choose it: as long as a journal retains events by default. */
export const DEFAULT_DELIVERY_AGE_SECONDS = 24 * 60 * 60;

/** Secrets of one webhook: the receiver's, and others while they are replaced. Each signs every request. */
export const MAX_DESTINATION_SECRETS = 4;
