/** The limits of `cli/`, each with its unit and its reason. */

/** How long `forward audit`, `relay` and `events listen` finish what they hold when they are stopped. Service managers wait longer. */
export const STOP_MS = 8000;

/** The shortest root token of a local server that other machines can reach. A short word could be guessed. */
export const MIN_REACHABLE_ROOT_TOKEN_CHARACTERS = 12;

/** The longest `carillon top --interval`, in seconds. A timer cannot wait for more than 24 days. */
export const MAX_TOP_INTERVAL_SECONDS = 24 * 60 * 60;
