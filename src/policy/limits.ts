/** The limits of `policy/`, each with its unit and its reason. */

/** Parsed policies that one isolate keeps at hand. */
export const MAX_CACHED_POLICIES = 200;

/** Policies of one token. */
export const MAX_POLICIES_PER_TOKEN = 100;

/** Name of a policy, in characters. */
export const MAX_POLICY_NAME_CHARACTERS = 128;

/** Text of one policy, as UTF-8. Vault has no limit; a Worker reads every policy of a token at once. */
export const MAX_POLICY_BYTES = 256 * 1024;

/** Nesting of blocks, objects and lists in a policy. The deepest that mean something are four deep. */
export const MAX_POLICY_DEPTH = 32;

/** `path` blocks of one policy: what a decision may have to look through where they have a `+`. */
export const MAX_POLICY_PATHS = 2000;
