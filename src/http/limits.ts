/** The limits of `http/`, each with its unit and its reason. */

/** Body of a request to an endpoint with JSON. The largest is a policy. */
export const MAX_API_BODY_BYTES = 512 * 1024;

/** Nesting of such a body. No member of any endpoint is nested deeper. */
export const MAX_API_BODY_DEPTH = 64;

/**
 * Streams (SSE and NDJSON) that one isolate has open. Each may hold the megabyte that a hub sends before it waits for
 * an acknowledgement, and an isolate has 128 MB.
 */
export const MAX_STREAMS = 64;

/** How long a stream lasts. Then its client reconnects and resumes. */
export const MAX_STREAM_SECONDS = 30 * 60;

/** Silence after which a stream sends a comment or a blank line, to find out whether its client is still there. */
export const STREAM_PING_MS = 15_000;

/**
 * How often a stream reports that it is still served. If a slot was missing meanwhile, it also sends a ping. So this is
 * how long a disconnected client occupies a slot that another client needs.
 */
export const STREAM_BEAT_MS = 500;

/** A stream that has not reported for so long loses its slot, because the runtime has ended its request. */
export const STREAM_LOST_MS = 5000;

/** Length of a `Carillon-Warning` header. Proxies reject more than 8 KiB of headers. */
export const MAX_WARNING_CHARACTERS = 2048;

/** Parameters of a subscription that a `Carillon-Warning` names as not read. Other warnings have to fit in too. */
export const MAX_NAMED_PARAMETERS = 5;

/** Event types of a publish request that are compared with Vault's for a warning. Each costs a search. */
export const MAX_NAMED_TYPES = 5;

/**
 * Frames of the events of one delivery, in characters. Rules may copy a value many times. The frames and what the hub
 * needs beside them go in one RPC of at most 32 MiB, in which a character may have two bytes.
 */
export const MAX_DELIVERY_FRAMES_CHARACTERS = 4 * 1024 * 1024;

/**
 * Events of the requests that share a call to a hub. A larger request makes its own call at once: it would save little
 * in a call with others, and they would wait for it.
 */
export const MAX_SHARED_EVENTS = 128;

/** Characters of the keys and frames of such requests. */
export const MAX_SHARED_CHARACTERS = 256 * 1024;

/**
 * How long a request waits until a call takes it. Then it makes one although another is under way, so that a hub that
 * is far away does not take twice as long.
 */
export const MAX_CALL_WAIT_MS = 10;

/**
 * How long a request may wait that a call still takes. Each makes a call of its own long before, so one that waits longer
 * was ended with its client, whose token may be revoked meanwhile.
 */
export const ABANDONED_AFTER_MS = 1000;

/** How long a call waits for more requests that share it, if several wait already. */
export const CALL_LINGER_MS = 1;

/** If calls to a hub take so long, each request makes its own. */
export const SLOW_CALL_MS = 25;

/** Calls by which a Worker knows how long one to a hub takes: the average, in which later ones weigh more. */
export const AVERAGED_CALLS = 8;

/** A call that takes longer, such as the first one to a hub, counts as this: one alone does not make a hub slow. */
export const MAX_COUNTED_CALL_MS = 125;

/** Calls, one after the other, that one request makes for itself and others, if all of its events are of one hub. */
export const MAX_LED_CALLS = 8;

/** How often a request shows that it is alive, while it makes a call for others. */
export const LEADER_BEAT_MS = 1000;

/** If the request that makes the call does not show it for so long, the others make calls of their own. */
export const LEADER_LOST_MS = 5000;

/** How long a Worker remembers that an object is of the release before. */
export const OLDER_OBJECT_MS = 1000;

/** How long an audited request waits for its event, in milliseconds, unless `on_overload` of the source is `block`. */
export const MAX_AUDIT_WAIT_MS = 1000;

/** How long the reads of an audited server for a group of entries may take together. Then their events go without. */
export const AUDIT_READ_TIMEOUT_MS = 2000;

/** Such reads for one group. A secret is read once for all of its entries in the group. */
export const MAX_AUDIT_READS = 100;

/** Such reads at once. The platform has 6 connections for a request, and hubs need some. */
export const MAX_CONCURRENT_AUDIT_READS = 4;

/** If entries come without a pause, a group waits so long for more of them: they share its reads. */
export const AUDIT_READ_LINGER_MS = 100;

/** How long an audited server is not asked after a read that failed. */
export const AUDIT_READ_PAUSE_MS = 10_000;

/** How long the version of a kv mount that the audited server has told is used. */
export const READ_MOUNT_MS = 5 * 60 * 1000;

/** Audit entries that wait in one isolate, because their server is asked. More entries do not wait. */
export const MAX_WAITING_AUDIT_BYTES = 4 * 1024 * 1024;

/** Entries of one group that shares reads. */
export const MAX_AUDIT_GROUP = 500;

/** Lines in the log about one delivery of audit entries. */
export const MAX_LOGGED_REASONS = 10;

/** Events of one request that the log of requests lists. The rest is counted. */
export const MAX_LOGGED_EVENTS = 10;

/** Lines of the audit log that an isolate publishes as events in a second. Those beyond it are counted in the next event. */
export const MAX_AUDIT_EVENTS_PER_SECOND = 50;

/** The same for denied requests and failed logins, which cost a stranger nothing: they displace no other line. */
export const MAX_DENIAL_EVENTS_PER_SECOND = 10;

/** Hubs that are searched for an event that is explained by its id. Each costs a call. */
export const MAX_EXPLAINED_HUBS = 200;

/** Paths of one request to `sys/capabilities`. */
export const MAX_CAPABILITY_PATHS = 100;

/**
 * `Retry-After` is at least this, and at most twice as long. For a handshake at a hub with many sockets it is at most longer
 * than this by the time in which all of them can reconnect.
 */
export const RETRY_AFTER_SECONDS = 2;

/** `Retry-After` of a request that the binding `RATE_LIMITER` refuses: the shorter of the two periods that it can have. */
export const RATE_LIMIT_RETRY_SECONDS = 10;

/** How long a request that is passed on waits for the beginning of the upstream's response. OpenBao itself allows 90 s. */
export const UPSTREAM_TIMEOUT_MS = 5 * 60 * 1000;

/**
 * How long a Worker caches the id of a Vault namespace, for publishing, deliveries and subscriptions. If the namespace was
 * deleted, its objects say so, and the Worker forgets the id.
 */
export const NAMESPACE_CACHE_MS = 60_000;

/**
 * How long a Worker caches that an authority does not know a token or a ticket. One that is made later is another one,
 * unless somebody chose its id.
 */
export const STRANGER_MS = 5000;

/** How long a request waits for a look-up that it shares to begin. Then it makes one although another is under way. */
export const MAX_LOOK_UP_WAIT_MS = 100;

/** How long a Worker caches that the upstream does not know a token. A standby may learn of a new token that late. */
export const UNKNOWN_TOKEN_MS = 1000;

/** Values of a repeated `X-Vault-Token` that one handshake looks up. A stranger can have each of them looked up. */
export const MAX_HANDSHAKE_TOKENS = 3;

/** Length of a token of the upstream. A batch token contains its policies. */
export const MAX_UPSTREAM_TOKEN_CHARACTERS = 8 * 1024;

/** Open subscriptions on a page of `sys/events/subscriptions`. */
export const MAX_LISTED_SUBSCRIPTIONS = 200;

/** Hubs and replicas that are asked for such a page. On Workers Free, a request may make 50 calls to other objects. */
export const MAX_LISTED_HUBS = 32;

/** Hubs and replicas that are asked at a time. The page is full after a few, and each that is asked wakes. */
export const MAX_LISTED_HUBS_AT_ONCE = 8;

/** How long the state of a hub waits for what a region says of itself. The answer matters more than one region. */
export const REGION_STATE_TIMEOUT_MS = 5000;

/**
 * Sources and outcomes that an isolate tells apart when it counts deliveries for Analytics Engine. With more, it writes what it
 * has. An invocation may write 250 points.
 */
export const MAX_COUNTED_DELIVERIES = 100;

/**
 * How long a queue waits before it delivers a message again that may be published then. Each further attempt waits twice as long,
 * up to the longest: a queue with the default of 3 retries waits for a minute in all, one with 100 for a day.
 */
export const FIRST_QUEUE_RETRY_SECONDS = 10;

export const MAX_QUEUE_RETRY_SECONDS = 15 * 60;

/** Of the path of a request, with its namespaces, in which a cached mount is looked for. Deeper ones are asked for each time. */
export const MAX_MOUNT_SEGMENTS = 64;

/** How long a Worker caches what the upstream says of a mount: its type, and the version of kv. */
export const MOUNT_CACHE_MS = 60_000;

/** Body of a request or of an answer of the upstream that is read for its event. An answer to a write is much smaller. */
export const MAX_COPIED_BODY_BYTES = 64 * 1024;

/**
 * Writes that passed through to the upstream and whose events an isolate has not stored yet. Each may hold two copied bodies.
 * One token may have half of them. The events of those beyond it are lost.
 */
export const MAX_WAITING_UPSTREAM_EVENTS = 500;

/** How long the event of a request waits for the rest of its body after the upstream has answered. */
export const UPSTREAM_BODY_WAIT_MS = 1000;

/** How long an answer of the upstream waits for its event with `UPSTREAM_EVENTS = "strict"`. */
export const UPSTREAM_EVENT_WAIT_MS = 5000;

/** How long a Worker uses what it knows of the shards of a hub. Each answer to a handshake renews it. */
export const DIRECTORY_CACHE_MS = 60_000;

/** Objects of a hub that one handshake is sent to: with so many full ones, or such old knowledge, the client tries again later. */
export const MAX_SHARD_ATTEMPTS = 8;
