/** The limits of `objects/`, each with its unit and its reason. */

/**
 * Event-type namespaces with events, and so hubs, of one Vault namespace. The first subscriber of `*` makes a call to each
 * of them, and Workers allow 10,000 subrequests to an invocation on the paid plan.
 */
export const MAX_HUBS = 3000;

/**
 * Event-type namespaces of one Vault namespace whose first event is of one owner: a tenth of all, so that no owner takes
 * the slots of the others. The root token has no such limit.
 */
export const MAX_NEW_HUBS_PER_PUBLISHER = 300;

/**
 * The longest lifetime of a subscription. At a random time between the shortest and this, it is closed, and its client can
 * resume.
 */
export const MAX_SUBSCRIPTION_MS = 24 * 60 * 60 * 1000;

/** The shortest lifetime of a subscription, if nothing else ends it. */
export const MIN_SUBSCRIPTION_MS = MAX_SUBSCRIPTION_MS / 2;

/**
 * How long a client may reconnect with leases after it showed its token, or a ticket, last. Its subscription ends when that
 * is as long ago as the longest lifetime, and then there is an hour left at least.
 */
export const MAX_LEASE_MS = MAX_SUBSCRIPTION_MS - 60 * 60 * 1000;

/** Attempts at a call to a Durable Object that fails in a way that is safe to repeat. */
export const MAX_CALL_ATTEMPTS = 3;

/** Longest wait before such an attempt is repeated; the actual wait is random below it. */
export const MAX_CALL_BACKOFF_MS = 100;

/** Calls to different Durable Objects that one object makes at a time. */
export const MAX_CONCURRENT_CALLS = 32;

/** Wait before a job that failed is tried again. Doubled with each failure. */
export const MIN_JOB_BACKOFF_MS = 500;

/** Changes in one answer of an authority to a hub. The hub asks again until there are none. */
export const MAX_NOTICES = 500;

/**
 * Requests, or handshakes that wait in a hub, that one call asks an authority about. Its answer has a kilobyte or so for
 * each, and an RPC carries 32 MiB.
 */
export const MAX_LOOK_UPS = 500;

/**
 * A look-up waits so long for each one that its Worker, or its hub, has made within the last second. So one that comes
 * alone waits for nothing, and in a herd few calls ask about many.
 */
export const LOOK_UP_PAUSE_MS = 2;

/**
 * How long a hub decides by what an authority told it before it asks again. Changes are pushed. This limits how long a
 * push that is lost can matter.
 */
export const MAX_DECISION_AGE_MS = 60_000;

/** How long a Worker caches a token, to publish and to subscribe with. A subscription is decided by its hub again. */
export const LOOKUP_CACHE_MS = 5000;

/** Namespaces directly below one. */
export const MAX_CHILD_NAMESPACES = 1000;

/** Tokens of one namespace. */
export const MAX_TOKENS = 100_000;

/**
 * How long an object relies on the answer that its storage was not restored. An object that was idle for longer asks
 * again when it starts, which costs a request and a row.
 */
export const GENERATION_CHECK_MS = 5 * 60 * 1000;

/** The youngest state to which an object can be restored: later ones may have such an answer that still counts. */
export const MIN_RESTORE_AGE_MS = 10 * 60 * 1000;

/** How far a time may be before the start of a journal and still count as its start: clocks differ. */
export const MAX_CLOCK_DIFFERENCE_MS = 60_000;
