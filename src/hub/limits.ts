/** The limits of `hub/`, each with its unit and its reason. */

/**
 * How long a hub watches the tokens of an authority after it has found that none of its subscribers has one any more.
 * Meanwhile they can reconnect with leases.
 */
export const KEPT_WATCH_MS = 60_000;

/** How long a hub that has events waits before it renews its registration. */
export const REGISTRATION_CHECK_MS = 10 * 60 * 1000;

/** How long a hub may use an allowance: what it took of a rate of a quota in advance. */
export const QUOTA_ALLOWANCE_MS = 1000;

/** Wait before a hub that could not be released tries again. */
export const RELEASE_RETRY_MS = 30_000;

/**
 * WebSockets of one hub. The limit of the platform is 32,768 for each Durable Object. The difference is room for
 * sockets that are closing and still count there.
 */
export const MAX_SOCKETS_PER_HUB = 32_000;

/** Events that wait to be written to the journal of a hub. With more, a request is rejected. */
export const MAX_QUEUED_EVENTS = 10_000;

/** Bytes of their frames. One request is accepted whatever its size. */
export const MAX_QUEUED_BYTES = 8 * 1024 * 1024;

/**
 * Bytes that wait to be stored and sent, of all hubs of an isolate: requests, and pages that hubs feed to wildcard hubs. A
 * hub may hold as much as stays free. An isolate has 128 MB; this, the five limits of isolates below and
 * that of compiled policies take 97 MiB of it.
 */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** Bytes that are read for subscribers that resume, of all hubs of an isolate: replays of stock subscribers, and backfills. */
export const MAX_CATCH_UP_BYTES = 12 * 1024 * 1024;

/** How long a handshake, or a feed that begins, waits for room for these bytes. Then it gets 503. */
export const MAX_CATCH_UP_WAIT_MS = 1000;

/** How often the memory of a full isolate is added up again, without objects that have ended. It may have thousands. */
export const POOL_RECOUNT_MS = 1000;

/** Unacknowledged bytes of all `carillon.v1` subscribers of a hub: one event of 588 bytes for 32,000. */
export const MAX_UNACKED_BYTES_PER_HUB = 18 * 1024 * 1024;

/** The same, of all hubs of an isolate. One of them gets half. */
export const MAX_UNACKED_BYTES_PER_ISOLATE = 2 * MAX_UNACKED_BYTES_PER_HUB;

/**
 * Bytes of the frames of several requests that are written and sent together. Stock subscribers are sent them at
 * once.
 */
export const MAX_COMMITTED_BYTES = 1024 * 1024;

/** How long a busy hub waits, at most, for more events that it can write together. */
export const FLUSH_LINGER_MS = 6;

/**
 * Bytes of a segment of the journal up to which more is appended to it. Writing such a row again costs no more than
 * writing a row of its own, and an event that comes alone then costs little more than one row.
 */
export const OPEN_SEGMENT_BYTES = 32 * 1024;

/** The part by which a journal may exceed its retention. No segment is larger, so whole segments can be trimmed. */
export const RETENTION_SLACK = 1 / 16;

/** Bytes of a segment. A row can have 2 MB. */
export const MAX_SEGMENT_BYTES = 1024 * 1024;

/**
 * The newest events of a hub among which a duplicate is recognised. It is recognised among up to twice as many, and never
 * among those that the journal does not retain.
 */
export const DEDUPLICATION_WINDOW_EVENTS = 200_000;

/**
 * Bytes that the fingerprints of events take, of all hubs of an isolate. A hub needs up to 7 MiB. With more, those of the
 * hub that did not use them for longest are dropped and read again later.
 */
export const MAX_FINGERPRINT_BYTES = 12 * 1024 * 1024;

/**
 * Bytes of the segments that are cached after they were read, of all hubs of an isolate, with what subscribers need of
 * their events. Pages that replicas read from their parents are in the same cache.
 */
export const MAX_CACHED_SEGMENT_BYTES = 5 * 1024 * 1024;

/** Bytes of the newest part of the journal that replicas have in memory, of all replicas of an isolate. */
export const MAX_REPLICA_RING_BYTES = 4 * 1024 * 1024;

/**
 * Rows in which a region head stores the newest pages of the journal. The oldest is overwritten. Each has 32 KiB or more, and
 * at most a page and the one before.
 */
export const MAX_WINDOW_PAGES = 128;

/** Pages of the older journal that a replica knows to be cached. */
export const MAX_HISTORY_PAGES = 64;

/** Calls for such pages that a replica makes at the same time. */
export const MAX_HISTORY_CALLS = 4;

/** How long a replica remembers where an id leads: subscribers that reconnect together name the same ones. */
export const LOCATED_ID_MS = 5000;

/** Segments that a journal trims in one turn. The alarm trims the rest. */
export const MAX_TRIMMED_SEGMENTS = 5000;

/** Bytes of these segments, if there are several. */
export const MAX_TRIMMED_BYTES = 16 * 1024 * 1024;

/** Rows of a release without segments that become one segment. Each segment is converted in a turn of its own. */
export const MAX_CONVERTED_EVENTS = 500;

/** Bytes of these rows, if there are several. */
export const MAX_CONVERTED_BYTES = 512 * 1024;

/** Segments that one alarm makes of such rows. Other tasks of the alarm wait meanwhile, and then it rings again. */
export const MAX_CONVERTED_SEGMENTS = 100;

/** Rows of a release without segments that are read as one segment. */
export const MAX_ROWS_READ = 32;

/** Events that are read from a journal in one turn. */
export const MAX_PAGE_EVENTS = 1000;

/** Events that are read for a subscriber with less credit. It may want only one of them. */
export const MIN_PAGE_EVENTS = 32;

/**
 * Bytes that the hubs of an isolate send in one turn of the event loop, about 8 ms. Other work counts as the bytes that take
 * as long. Then others are answered, and the sockets drain. A request may wait for several such turns.
 */
export const MAX_TURN_BYTES = 512 * 1024;

/** Bytes that are read from a journal in one turn, if they are of several events. */
export const MAX_PAGE_BYTES = MAX_TURN_BYTES;

/**
 * Bytes that a stock subscriber is sent at once, whether it missed them or they are new. Then it is closed and
 * reconnects, because nothing else shows whether it reads.
 */
export const MAX_REPLAY_BYTES = 2 * 1024 * 1024;

/** The same if the last id would not lead back to its event, because several publishers use the same ids. */
export const MAX_AMBIGUOUS_REPLAY_BYTES = 16 * 1024 * 1024;

/** How often a replay reads what came while it read, before it reads the rest in one turn. */
export const MAX_REPLAY_LAPS = 4;

/** Bytes that a hub reads at once for subscribers that reconnect together. */
export const REPLAY_BUDGET_BYTES = 32 * 1024 * 1024;

/**
 * Bytes of that budget that are restored each second. A hub that does nothing else reads and sends about twice as
 * much.
 */
export const REPLAY_BYTES_PER_SECOND = 40 * 1024 * 1024;

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

/** Bytes of the same. A hub whose newest event is larger than its part gives none, and subscribers get a gap. */
export const MAX_BACKFILL_BYTES = 8 * 1024 * 1024;

/** Positions of hubs in the note that a wildcard hub stores with the newest events. The others are in a table. */
export const MAX_NOTED_POSITIONS = 16;

/** Subscriptions that a wildcard hub retains after their last subscriber left. With more, all hubs feed it. */
export const MAX_RETAINED_SUBSCRIPTIONS = 1000;

/** Bytes of the journal that a hub hands to its new place in one call; with the last segment it may be more. */
export const MAX_MOVE_PAGE_BYTES = 2 * 1024 * 1024;

/** How long one request copies the journal of a hub that moves. Then the request is repeated. */
export const MAX_MOVE_MS = 15_000;

/** How long a hub that is about to move waits for the calls that run. */
export const MAX_VACATE_MS = 10_000;

/**
 * Subscriptions of owners that a hub remembers, so that stock subscribers who lose their connections are given what they
 * missed. An owner may have as many as stay free. A subscriber beyond them is served, and starts at the present when it
 * reconnects.
 */
export const MAX_RETURNS_PER_HUB = 10_000;

/** The same for the head of a region, with all its shards. Counting them takes about 20 ms, when it has none in memory. */
export const MAX_RETURNS_PER_REGION = 200_000;

/** Sequences at which sockets of one such subscription were cut. Of more, the lowest are kept, so that no event is missed. */
export const MAX_CUTS_PER_RETURN = 32;

/** Handshakes that wait in a shard, and about which one call asks its head. Each takes about 300 bytes. */
export const MAX_ADMISSIONS_PER_CALL = 500;

/** How long a handshake waits for the head of its region. Then it gets 503. */
export const MAX_ADMISSION_WAIT_MS = 5000;

/** How long a shard waits for more stock sockets that end, before it tells its head: thousands may end at once. */
export const ENDS_PAUSE_MS = 50;

/** Subscriptions of owners of which such a call tells. */
export const MAX_ENDS_PER_CALL = 2000;

/** The same that a shard has to tell, if its head cannot be reached: it stores them in one row, which can have 2 MB. */
export const MAX_PENDING_ENDS = 5000;

/** Longest wait before a shard calls its head again to tell them. Doubled with each failure up to this. */
export const MAX_ENDS_BACKOFF_MS = 60_000;

/**
 * Sockets of a token at one shard from which on its region head notes them. With fewer at each of 62 shards, it has less than
 * it may have.
 */
export const MIN_NOTED_SOCKETS = 16;

/** How often a region head counts the sockets of a token again that has as many as it may have. */
export const TOKEN_RECOUNT_MS = 1000;

/** Events that a `carillon.v1` client may have unacknowledged, until it sends its own credit. */
export const DEFAULT_CREDIT = 256;

/**
 * Subscribers that reconnect to a hub in a second, if all lost their connections at once: clients are asked to spread so far.
 * An object of the platform takes about 1,000 requests a second, and each of them is one to the hub and two to the authority
 * of its token.
 */
export const RECONNECTS_PER_SECOND = 400;

/**
 * Subscribers of one token in one hub, or in all shards of a region. A stock subscriber that stops reading costs memory for all that it is sent, and
 * nothing shows that it has.
 */
export const MAX_SOCKETS_PER_TOKEN = 1000;

/**
 * How many sockets, beyond those of one token, are counted again for each millisecond since the last count, if no
 * slot is free. Counting 16,000 takes about 10 ms, and a client that is refused may try again at once.
 */
export const MAX_RECOUNTED_PER_MS = 100;

/** Events with one id that a search looks at: several publishers may use the same id. */
export const MAX_RECALLED_EVENTS = 20;

/**
 * Compiled policy sets that a hub caches. More are in use only if templates make one for each principal. The others are
 * compiled again for each event.
 */
export const MAX_CACHED_ACCESSES = 2000;

/** Cursors that a hub caches: every class of subscribers is sent the same ones. */
export const MAX_CACHED_CURSORS = 1000;

/** Decisions (an event for a class) that a delivery remembers. With more, it is split into batches of fewer events. */
export const MAX_HELD_DECISIONS = 1_000_000;

/**
 * What the filters of one token's subscribers in one hub may cost: steps for each character of a field. With all of
 * them, the longest field that is searched takes a tenth of a second.
 */
export const MAX_FILTER_COST_PER_TOKEN = 2000;

/** The same for all subscribers of a hub, whatever their tokens. */
export const MAX_FILTER_COST_PER_HUB = 20_000;

/** How long a region head waits for what a shard says of itself, for an operator. The other shards matter more. */
export const SHARD_STATE_TIMEOUT_MS = 2000;

/** Shards of one region of a hub: at 4,000 sockets each, two million. Its head calls each of them for what it wants. */
export const MAX_SHARDS_PER_REGION = 500;

/** How long a region has no subscriber before it gives its shards up. It may take twice as long. */
export const QUIET_REGION_MS = 24 * 60 * 60 * 1000;

/** Bytes of the pages that a hub or a region head feeds its replicas at a time. With many replicas, the pages are smaller. */
export const MAX_FED_BYTES = 8 * 1024 * 1024;

/** Bytes of a page for a replica that has not taken the one before: one that hangs is called again and again, and each page stays in memory. */
export const MAX_RETRIED_BYTES = 32 * 1024;

/** Parts of a journal that are remembered while they are fed, for replicas that are equally far. */
export const MAX_SHARED_PARTS = 8;

/** How long a replica may take to confirm a page. A region head waits for its shards meanwhile. */
export const MAX_REPLICA_CALL_MS = 10_000;

/** How often a hub looks whether its replicas have confirmed everything, from an event on until they have. */
export const REPLICA_GUARD_MS = 5000;

/** Event types in a notice to a dispatcher. With more, it is told of no type, and wakes all that may want an event of the hub. */
export const MAX_NOTICE_TYPES = 100;

/** How long a dispatcher may take to confirm a notice. It wakes destinations meanwhile, and may wait before it does. */
export const MAX_NOTICE_MS = 10_000;

/** Longest wait before a notice that failed is sent again. Doubled with each failure up to this. */
export const MAX_NOTICE_BACKOFF_MS = 60_000;

/** How often a hub looks whether its dispatcher has confirmed everything, from an event on until it has. */
export const NOTICE_GUARD_MS = 5000;

/** Events that a replica does not want, after which it is told where the journal is. A parent that wakes reads them again. */
export const MAX_UNTOLD_EVENTS = 10_000;

/** How long a replica goes on wanting the events of a subscription after its last subscriber has left. It may reconnect. */
export const INTEREST_MS = 10 * 60 * 1000;

/** How long a replica waits for its parent to answer what it wants. Handshakes wait meanwhile. */
export const MAX_ATTACH_MS = 10_000;

/** Messages of one subscriber that wait in a replica that has slept. It answers none before its parent has told it where it is. */
export const MAX_UNREADY_MESSAGES = 8;
