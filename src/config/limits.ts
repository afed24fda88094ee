/** The limits of `config/`, each with its unit and its reason. */

/** The highest setting for the events in the journal of a hub. At 1 KB each, they fit the 10 GB of a Durable Object. */
export const MAX_JOURNAL_EVENTS = 5_000_000;

/** The highest setting for the bytes of the journal of a hub: half of what a Durable Object can store. */
export const MAX_JOURNAL_BYTES = 5 * 1024 * 1024 * 1024;

/** The lowest setting for these bytes: room for a few of the largest events. */
export const MIN_JOURNAL_BYTES = 256 * 1024;

/** The highest number of a place of a hub: it is part of the name of its object. */
export const MAX_HUB_PLACE = 9999;

/**
 * The highest setting for `RECONNECT_WINDOW`. A stock client that reconnects receives again what it had received within the
 * window, so a longer one costs more than it saves.
 */
export const MAX_RECONNECT_WINDOW_SECONDS = 60 * 60;

/** The highest setting for the age of events in the journal of a hub. */
export const MAX_JOURNAL_AGE_SECONDS = 366 * 24 * 60 * 60;

/**
 * The highest setting for the sockets of a shard, and for those with which a hub gets shards: an object can have 32,768, and some
 * of them are closing.
 */
export const MAX_SHARD_SOCKETS = 32_000;

/** Bindings that destinations may use: a Worker has few others. */
export const MAX_DESTINATION_BINDINGS = 100;
