/** The limits of `cli/doctor/`, each with its unit and its reason. */

/** How long a check waits for a message that must come. */
export const DOCTOR_TIMEOUT_MS = 10_000;

/** How far the clock of the server may be from that of this machine. It says its time in whole seconds. */
export const MAX_CLOCK_SKEW_MS = 5000;

/** How long a revoked subscription may go on, from the request that revokes its token. */
export const MAX_REVOCATION_MS = 1000;

/** Events by which the latency is measured, one after the other. */
export const LATENCY_EVENTS = 50;

/** Events that are published while a connection is cut: a third each before, during and after the cut. */
export const RESUMED_EVENTS = 60;

/** The longest `--idle`, in seconds. */
export const MAX_DOCTOR_IDLE_SECONDS = 24 * 60 * 60;

/** How often an idle connection is asked whether it still works, as the clients do. */
export const DOCTOR_HEARTBEAT_MS = 30_000;
