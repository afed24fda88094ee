/** The limits of `authority/`, each with its unit and its reason. */

/** Longest back-off of a job: shorter than the age at which a hub pulls changes on its own. */
export const MAX_JOB_BACKOFF_MS = 30_000;

/** Policy texts in one answer to a hub, in characters: an RPC carries 32 MiB. */
export const MAX_ANSWERED_TEXT_CHARACTERS = 4 * 1024 * 1024;

/** Jobs that an authority attempts at once; the alarm attempts the next ones. */
export const MAX_JOBS_AT_ONCE = 500;

/**
 * Jobs that an authority has under way at a time. A hub whose subscribers are spread over the world has some 250 shards, and
 * a revocation has to reach them within a second. A shard that is told asks back, and each of the two calls may take 150 ms.
 */
export const MAX_CONCURRENT_JOBS = 256;

/** Policies of one namespace. */
export const MAX_POLICIES = 1000;

/** How long a token lives after its last use was taken, for the request that took it. */
export const SPENT_TOKEN_MS = 10_000;

/** Roles of one auth method in one namespace. */
export const MAX_ROLES = 1000;

/** Sources of one namespace. */
export const MAX_SOURCES = 1000;

/**
 * How often an authority counts again what is reserved of a quota that is used up. Each count asks all hubs that have some
 * of it, and a client that is refused may try again at once.
 */
export const QUOTA_RECOUNT_MS = 5000;

/** Secret ids of all AppRole roles of one namespace together. */
export const MAX_SECRET_IDS = 100_000;

/** Look-ups at the upstream that an authority has under way: the platform opens six connections at a time. */
export const MAX_CONCURRENT_LOOKUPS = 6;

/** How often a token of the upstream is looked up while its subscribers receive nothing. */
export const UPSTREAM_RECHECK_MS = 60 * 60 * 1000;

/** The TTL of a look-up is in whole seconds and takes time to arrive: an expiry that moves by less has not moved. */
export const UPSTREAM_TTL_TOLERANCE_MS = 5000;

/** How long a restore waits until hubs and namespaces below know that the tokens of the authority have ended. */
export const MAX_RESTORE_WAIT_MS = 10_000;

/**
 * Characters of what an authority keeps over a restore: the namespaces below it, without their metadata if that is longer.
 * It is stored in one row, and a row takes 2 MB.
 */
export const MAX_KEPT_CHARACTERS = 500_000;

/** Hubs and replicas that an operator is told of which watch a token: it may have that many subscriptions, and more of late. */
export const MAX_LISTED_WATCHERS = 100;
