/** The limits of `cli/dev/`, each with its unit and its reason. */

/** Lines of the log that are shown in one second. More are counted: nobody reads them, and they push away what counts. */
export const MAX_LOG_LINES_PER_SECOND = 40;

/** Characters of one line that workerd writes. Longer ones are shown in parts. */
export const MAX_WORKERD_LINE_CHARACTERS = 64 * 1024;

/** Characters of the log that wait for a slow reader. More are dropped, because workerd must never wait for it. */
export const MAX_WAITING_LOG_CHARACTERS = 4 * 1024 * 1024;

/**
 * Head of a request that the local server reads before workerd gets it, if it stands in front of an upstream. A longer one, and
 * all behind it, is passed on unread. workerd itself takes the headers of a Vault Proxy that has reconnected for days.
 */
export const MAX_REWRITTEN_HEAD_BYTES = 256 * 1024;

/**
 * How long a client of such a server may keep its half of a connection open that workerd has closed. The kernel waits as long for
 * a connection that no process has.
 */
export const FRONT_LINGER_MS = 60_000;
