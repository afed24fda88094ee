/** The limits of `push/reading/`, each with its unit and its reason. */

/**
 * How long a destination decides by the policies that the authority answered, counted from before the question. A revoked right
 * counts within a second, and a busy destination asks twice a second.
 */
export const RIGHTS_CACHE_MS = 500;

/** An answer of the authority that takes longer may say what is not true any more. It is asked again. */
export const MAX_RIGHTS_AGE_MS = 1000;

/** How often it is asked again before the attempt waits. */
export const MAX_RIGHTS_QUESTIONS = 3;

/** How long a destination waits for a page of a journal. A hub lets those wait that have read much. */
export const MAX_READ_CALL_MS = 30_000;

/** Events that a destination asks a hub for, at least: it may want only one of them. */
export const MIN_READ_EVENTS = 64;

/** At most. Each is parsed in one turn. */
export const MAX_READ_EVENTS = 1000;

/** Bytes of such a page, if it has several events. */
export const MAX_READ_BYTES = 512 * 1024;

/** Pages without an event of interest that are read before the destination looks after other hubs. */
export const MAX_READ_PAGES = 16;

/** Events of no interest that are passed before that is stored: so many are read again at most. */
export const MAX_UNSTORED_EVENTS = 10_000;

/** Events that other destinations could not deliver and that wait here, of all senders. One may hold as much as stays free. */
export const MAX_HANDED_OVER = 10_000;

/** What the filter of a destination costs in a turn of the event loop: steps at a character, about 5 ms. */
export const MAX_FILTER_STEPS_PER_TURN = 1_000_000;
