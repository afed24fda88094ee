/** The limits of `authority/`, each with its unit and its reason. */

/** Longest such wait: below the age at which hubs ask by themselves. */
export const MAX_JOB_BACKOFF_MS = 30_000;

/** Policy texts in one answer to a hub, in characters: an RPC carries 32 MiB. */
export const MAX_ANSWERED_TEXT_CHARACTERS = 4 * 1024 * 1024;

/** Jobs that an authority sees to in one go; the next follow by alarm. */
export const MAX_JOBS_AT_ONCE = 500;

/** Policies of one namespace. */
export const MAX_POLICIES = 1000;

/** How long a token whose last use was taken remains for the request that took it. */
export const SPENT_TOKEN_MS = 10_000;

/** Roles of one auth method in one namespace. */
export const MAX_ROLES = 1000;

/** Sources of one namespace. */
export const MAX_SOURCES = 1000;

/** Secret ids of one namespace's AppRole roles, all together. */
export const MAX_SECRET_IDS = 100_000;

/** Look-ups that an authority has under way: the platform opens six connections at a time. */
export const MAX_CONCURRENT_LOOKUPS = 6;

/** How long a token of the upstream whose subscribers hear nothing goes without a look-up. */
export const UPSTREAM_RECHECK_MS = 60 * 60 * 1000;

/** A time to live is in whole seconds and takes its time to come: an end that moves by less has not moved. */
export const UPSTREAM_TTL_TOLERANCE_MS = 5000;
