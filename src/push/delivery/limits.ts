/** The limits of `push/delivery/`, each with its unit and its reason. */

/** Characters of events that a destination has in memory. Above that, no hub waits for more events, and those that can be read again are. */
export const MAX_HELD_CHARACTERS = 8 * 1024 * 1024;

/** How long publishing an event about a destination may take. */
export const MAX_SERVER_PUBLISH_MS = 10_000;

/** How long another destination may take to store dead letters. */
export const MAX_HAND_OVER_MS = 10_000;

/** Wait before a hub or an authority that could not be asked is asked again. Doubled with each failure. */
export const MIN_HOLD_MS = 500;

/** The longest such wait. */
export const MAX_HOLD_MS = 60_000;

/** How long one alarm begins new attempts. Then it rings again. */
export const MAX_RUN_MS = 20_000;

/** How long it waits before an attempt, if the receiver wants them apart. If it has to wait longer, the alarm rings again. */
export const MAX_PACE_WAIT_MS = 2000;

/** How much longer than `MAX_ATTEMPT_MS` an attempt may take: a target ends it itself, but a binding that hangs may keep it from that. */
export const ATTEMPT_GRACE_MS = 5000;

/** Events of one hub that are kept for the next batches at a time. */
export const MAX_LANE_EVENTS = 100;
