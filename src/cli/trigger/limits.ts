/** The limits of `cli/trigger/`, each with its unit and its reason. */

/** Events of one `carillon events trigger`: what a hub retains by default. */
export const MAX_TRIGGERED_EVENTS = 100_000;

/** Events a second at least: a slower clock is a job of a scheduler. */
export const MIN_TRIGGER_RATE = 0.001;

/**
 * Events a second that can be asked for. The local server takes about 500 requests a second, one at a time
 * (`node bench/local-server.ts`).
 */
export const MAX_TRIGGER_RATE = 1000;
