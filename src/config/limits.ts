/** The limits of `config/`, each with its unit and its reason. */

/** Events that the journal of a hub can be set to keep. At a kilobyte each, an object's 10 GB hold them. */
export const MAX_JOURNAL_EVENTS = 5_000_000;

/** Bytes that the journal of a hub can be set to keep: half of what an object holds. */
export const MAX_JOURNAL_BYTES = 5 * 1024 * 1024 * 1024;

/** The least that it can be set to: room for a few of the largest events. */
export const MIN_JOURNAL_BYTES = 256 * 1024;

/** How long the journal of a hub can be set to keep an event. */
export const MAX_JOURNAL_AGE_SECONDS = 366 * 24 * 60 * 60;
