/** The limits of `policy/`, each with its unit and its reason. */

/** `path` blocks of the parsed policies that one isolate caches. Each takes about 1.3 kB. */
export const MAX_CACHED_POLICY_PATHS = 5000;

/**
 * `path` blocks of all policies of one token. They take 2 kB each when they are compiled, and an isolate has 128 MB. A token
 * with more is granted nothing.
 */
export const MAX_PATHS_PER_TOKEN = 10_000;

/** Bytes of the compiled policies that an isolate caches: of all hubs in it, or of the Worker. */
export const MAX_CACHED_ACCESS_BYTES = 12 * 1024 * 1024;

/** Policies of one token. */
export const MAX_POLICIES_PER_TOKEN = 100;

/** Name of a policy, in characters. */
export const MAX_POLICY_NAME_CHARACTERS = 128;

/** Text of one policy, as UTF-8. Vault has no limit, but a Worker reads all policies of a token at once. */
export const MAX_POLICY_BYTES = 256 * 1024;

/** Nesting of blocks, objects and lists in a policy. A policy needs four levels. */
export const MAX_POLICY_DEPTH = 32;

/** Rules that advice about kv version 2 looks at. Each takes decisions about several paths. */
export const MAX_ADVISED_RULES = 32;

/** `path` blocks of one policy. A decision may try all of them if they have a `+`. */
export const MAX_POLICY_PATHS = 2000;
