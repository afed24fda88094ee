/** The limits of `hub/`, each with its unit and its reason. */

/** How long a hub that has events waits before it renews its registration. */
export const REGISTRATION_CHECK_MS = 10 * 60 * 1000;

/** Wait before a hub that could not be released tries again. */
export const RELEASE_RETRY_MS = 30_000;

/**
 * WebSockets of one hub. The limit of the platform is 32,768 for each Durable Object. The difference is room for sockets
 * that are closing and still count there.
 */
export const MAX_SOCKETS_PER_HUB = 32_000;

/** Events that wait to be taken into the journal of a hub, of all requests together; more are refused. */
export const MAX_QUEUED_EVENTS = 10_000;

/** Bytes of their frames. One request is accepted whatever its size. */
export const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

/** Of these, what is appended and sent together, if it is of several requests: stock subscribers are sent it at once. */
export const MAX_COMMITTED_BYTES = 1024 * 1024;

/** How long a busy hub waits, at most, for what is on its way, to send it together with what has come. */
export const FLUSH_LINGER_MS = 6;

/** Events that a hub lets go of in one turn; the rest follows by alarm. */
export const MAX_TRIMMED_EVENTS = 5000;

/** Events that are read from a journal in one turn. */
export const MAX_PAGE_EVENTS = 200;

/** The least that is read for a reader that has credit for fewer: of those, it may want one. */
export const MIN_PAGE_EVENTS = 32;

/**
 * Bytes that a hub sends in one turn of the event loop, other work counted as the bytes that take as long: about
 * 8 ms. Then others are answered, and the sockets drain. A request may have to wait for several such turns.
 */
export const MAX_TURN_BYTES = 512 * 1024;

/** Bytes that are read from a journal in one turn, if they are of several events. */
export const MAX_PAGE_BYTES = MAX_TURN_BYTES;

/**
 * What a stock subscriber is sent at once, of what it missed when it comes back or of what is new, before it has
 * to come back again: nothing shows whether it reads.
 */
export const MAX_REPLAY_BYTES = 2 * 1024 * 1024;

/** The same where the ids of events are no places, because several publishers use the same. */
export const MAX_AMBIGUOUS_REPLAY_BYTES = 16 * 1024 * 1024;

/** How often a replay reads what has come while it read, before it reads the rest in one turn. */
export const MAX_REPLAY_LAPS = 4;

/** What a hub reads at once for subscribers that come back all together. */
export const REPLAY_BUDGET_BYTES = 32 * 1024 * 1024;

/** What of that is given again each second. A hub reads and sends about twice as much when it does nothing else. */
export const REPLAY_BYTES_PER_SECOND = 8 * 1024 * 1024;

/** How far before the beginning of a journal a time may lie and yet be taken for it: clocks differ. */
export const MAX_CLOCK_DIFFERENCE_MS = 60_000;

/** Events that a hub feeds to a wildcard hub in one call. */
export const MAX_FEED_EVENTS = 1000;

/** Bytes of such a call, if it has several events. The wildcard hub sends them to its subscribers at once. */
export const MAX_FEED_BYTES = 1024 * 1024;

/** How long a publisher waits for wildcard hubs. Then it is answered, and they are fed later. */
export const MAX_FEED_WAIT_MS = 2000;

/** Longest wait before a feed that failed is tried again. */
export const MAX_FEED_BACKOFF_MS = 5000;

/** Retained events that a wildcard hub takes at once from all hubs that begin to feed it. */
export const MAX_BACKFILL_EVENTS = 20_000;

/**
 * Bytes of the same, but at least one event of each hub. An RPC carries 32 MiB, and one character that is not Latin makes
 * every character of its string two bytes there.
 */
export const MAX_BACKFILL_BYTES = 8 * 1024 * 1024;

/** Subscriptions that a wildcard hub retains after their last subscriber left. With more, all hubs feed it. */
export const MAX_RETAINED_SUBSCRIPTIONS = 1000;

/** Events that a `carillon.v1` client is sent beyond what it acknowledged, until it says how many. */
export const DEFAULT_CREDIT = 256;

/** Longest wait that a closed `carillon.v1` client is asked for, so that clients do not all reconnect at once. */
export const MAX_RECONNECT_SPREAD_MS = 5000;

/**
 * Subscribers of one token in one hub. A stock subscriber that stops reading costs memory for all that it is sent, and
 * nothing shows that it has.
 */
export const MAX_SOCKETS_PER_TOKEN = 1000;

/**
 * How many sockets, beyond those of one token, are counted again for each millisecond since the last count, if no slot is
 * free. Counting 16,000 takes about 10 ms, and a client that is refused may try again at once.
 */
export const MAX_RECOUNTED_PER_MS = 100;

/** Events of one id that are looked at when it is explained: publishers may choose the same. */
export const MAX_RECALLED_EVENTS = 20;

/**
 * Compiled policy sets that a hub keeps at hand. More are in use only where templates make one of each
 * holder; those are then compiled again for an event.
 */
export const MAX_CACHED_ACCESSES = 2000;

/** Cursors that a hub keeps at hand: every class of subscribers is sent the same ones. */
export const MAX_CACHED_CURSORS = 1000;

/** Decisions (an event for a class) that a hub holds while it delivers. Of more, fewer events go together. */
export const MAX_HELD_DECISIONS = 1_000_000;

/**
 * What the filters of one token's subscribers in one hub may cost: steps for each character of a field. With all of them,
 * the longest field that is searched takes a tenth of a second.
 */
export const MAX_FILTER_COST_PER_TOKEN = 2000;

/** The same for all subscribers of a hub, whatever their tokens. */
export const MAX_FILTER_COST_PER_HUB = 20_000;
