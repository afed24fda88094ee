/** The limits of `policy/`, each with its unit and its reason. */

/** Parsed policies that one isolate caches. */
export const MAX_CACHED_POLICIES = 200;

/** Policies of one token. */
export const MAX_POLICIES_PER_TOKEN = 100;

/** Name of a policy, in characters. */
export const MAX_POLICY_NAME_CHARACTERS = 128;

/** Text of one policy, as UTF-8. Vault has no limit, but a Worker reads all policies of a token at once. */
export const MAX_POLICY_BYTES = 256 * 1024;

/** Nesting of blocks, objects and lists in a policy. A policy needs four levels. */
export const MAX_POLICY_DEPTH = 32;

/** `path` blocks of one policy. A decision may try all of them if they have a `+`. */
export const MAX_POLICY_PATHS = 2000;
