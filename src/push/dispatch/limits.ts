/** The limits of dispatchers, each with its unit and its reason. */

/** Destinations of one Vault namespace. A dispatcher matches each kind of event with all of them. An owner has a share. */
export const MAX_DESTINATIONS = 1000;

/** Between two wakes of a destination. What comes meanwhile goes with the next one, also if it is of other hubs. */
export const MIN_WAKE_INTERVAL_MS = 100;

/** How long a wake may take. Then it is stored and repeated, and the hub does not wait for it. */
export const MAX_WAKE_CALL_MS = 3000;

/** The same for what is forwarded to a dispatcher above: it wakes destinations meanwhile, after the wakes before. */
export const MAX_FORWARD_CALL_MS = 7000;

/** Longest wait before a call that failed is repeated: the shortest is `MIN_JOB_BACKOFF_MS`, doubled with each failure. */
export const MAX_REPEAT_BACKOFF_MS = 60_000;

/** For how long a dispatcher believes a destination that it need not be woken. */
export const MAX_QUIET_MS = 60_000;

/** How much earlier it is woken than it said: clocks differ. */
export const WAKE_SKEW_MS = 1000;

/** Destinations that a dispatcher remembers to match, counted once for each hub or event type that they want, and once for that. */
export const MAX_REMEMBERED_MATCHES = 100_000;
