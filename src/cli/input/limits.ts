/** The limits of `cli/input/`, each with its unit and its reason. */

/** A file, or standard input, that a command reads as a whole: more than a policy, an event or a token can have. */
export const MAX_INPUT_BYTES = 1024 * 1024;
