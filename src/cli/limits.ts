/** The limits of `cli/`, each with its unit and its reason. */

/** How long it, or a relay, goes on with what it holds when it is asked to end: shorter than service managers wait. */
export const STOP_MS = 8000;

/**
 * Root token of a local server that other machines can reach, at least: a word such as "root" is guessed
 * at once.
 */
export const MIN_REACHABLE_ROOT_TOKEN_CHARACTERS = 12;
