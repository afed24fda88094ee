/**
 * Every bound of the system, with its unit and its reason. A number that limits what a user can do
 * stands here and nowhere else; `test/unit/limits.test.ts` holds each to what the documents say.
 */

/** Vault's Go clients read at most 32 KiB a WebSocket message and fail with 1009 beyond. */
const GO_CLIENT_READ_LIMIT_BYTES = 32 * 1024;

/** Room that a frame leaves for what a protocol above it may add (a cursor, an envelope). */
const FRAME_HEADROOM_BYTES = 1024;

/** The largest encoded event, in either encoding, the newline of a JSON frame included. */
export const MAX_FRAME_BYTES = GO_CLIENT_READ_LIMIT_BYTES - FRAME_HEADROOM_BYTES;

/** Body of one publish request. A thousand events of a kilobyte; one RPC carries it whole. */
export const MAX_PUBLISH_BYTES = 1024 * 1024;

/** Events of one publish request. */
export const MAX_PUBLISH_EVENTS = 1000;

/**
 * Event-type namespaces that one publish request may address: each is a call to a Durable Object. On
 * the free plan of Workers an invocation may make 50; a request of more fails in part there, and is
 * completed by repeating it.
 */
export const MAX_PUBLISH_NAMESPACES = 100;

/**
 * Event-type namespaces, and so hubs, of one Vault namespace. The first subscriber of `*` has each of
 * them told, and Workers allow 10,000 subrequests to an invocation on the paid plan.
 */
export const MAX_HUBS = 3000;

/** Length of an event type, in characters (all of them ASCII). */
export const MAX_EVENT_TYPE_CHARACTERS = 256;

/** Length of a subscription's pattern: an event type and as many wildcards again. */
export const MAX_PATTERN_CHARACTERS = 2 * MAX_EVENT_TYPE_CHARACTERS;

/** Length of an event id. Ids are UUIDs by default; a vendor's delivery id fits as well. */
export const MAX_EVENT_ID_CHARACTERS = 256;

/** Length of a CloudEvents source. */
export const MAX_SOURCE_CHARACTERS = 512;

/**
 * Nesting of metadata. Protobuf implementations stop at 100 nested messages; one level of metadata
 * is three of them (Struct, its map entry, Value) below EventReceived and EventData.
 */
export const MAX_METADATA_DEPTH = Math.floor((100 - 2) / 3);

/**
 * WebSockets of one hub. The platform's own limit is 32,768 for each Durable Object; the difference
 * is room for sockets that are closing and still count there.
 */
export const MAX_SOCKETS_PER_HUB = 32_000;

/** Events whose identity a hub remembers, so that repeating a publish request delivers nothing twice. */
export const MAX_REMEMBERED_EVENTS = 10_000;

/** Attempts at a call to a Durable Object that failed in a way that is safe to repeat. */
export const MAX_CALL_ATTEMPTS = 3;

/** Longest wait before such an attempt is repeated; the actual wait is random below it. */
export const MAX_CALL_BACKOFF_MS = 100;

/** Calls that a gathering hub has under way at a time while it tells hubs to feed it. */
export const MAX_CONCURRENT_CALLS = 32;

/** What a client is asked to wait after a 503: at least this, and at most twice as long. */
export const RETRY_AFTER_SECONDS = 2;
