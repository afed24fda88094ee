/** The limits of `cli/events/`, each with its unit and its reason. */

/** Value of `events subscribe --timeout`: the longest time of a timer of Node, 2^31 milliseconds. */
export const MAX_SUBSCRIBE_TIMEOUT_SECONDS = 2_147_483;
