/** The limits of `objects/`, each with its unit and its reason. */

/**
 * Event-type namespaces, and so hubs, of one Vault namespace. The first subscriber of `*` has each of
 * them told, and Workers allow 10,000 subrequests to an invocation on the paid plan.
 */
export const MAX_HUBS = 3000;

/**
 * Event-type namespaces of one Vault namespace whose first event one publisher published: a tenth of all, so
 * that no token takes the places of the others. The root token has no such bound.
 */
export const MAX_NEW_HUBS_PER_PUBLISHER = 300;

/** How long a subscription lasts, to the hour; then it is closed and can be resumed. */
export const MAX_SUBSCRIPTION_MS = 24 * 60 * 60 * 1000;

/** Attempts at a call to a Durable Object that failed in a way that is safe to repeat. */
export const MAX_CALL_ATTEMPTS = 3;

/** Longest wait before such an attempt is repeated; the actual wait is random below it. */
export const MAX_CALL_BACKOFF_MS = 100;

/** Calls that a wildcard hub has under way at a time while it tells hubs to feed it. */
export const MAX_CONCURRENT_CALLS = 32;

/** Wait before what an authority has to have done elsewhere is tried again, doubled with each failure. */
export const MIN_JOB_BACKOFF_MS = 500;

/** Changes that a hub is told in one answer; it asks again until there are none. */
export const MAX_NOTICES = 500;

/**
 * How long a hub decides by what an authority told it without hearing of it again. Changes are pushed;
 * this bounds what a push that does not get through can cost.
 */
export const MAX_DECISION_AGE_MS = 60_000;

/** How long a Worker takes a token, and that a namespace exists, for what it was, in plain requests. */
export const LOOKUP_CACHE_MS = 5000;

/** Namespaces directly below one. */
export const MAX_CHILD_NAMESPACES = 1000;

/** Tokens of one namespace. */
export const MAX_TOKENS = 100_000;
