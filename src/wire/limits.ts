/** The limits of `wire/`, each with its unit and its reason. */

/** Vault's Go clients read at most 32 KiB a WebSocket message and fail with 1009 beyond. */
const GO_CLIENT_READ_LIMIT_BYTES = 32 * 1024;

/** Room that a frame leaves for what a protocol above it may add (a cursor, an envelope). */
export const FRAME_HEADROOM_BYTES = 1024;

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

/** Bytes that it is sent beyond what it acknowledged, if they are of several events. */
export const MAX_UNACKED_BYTES = 1024 * 1024;

/** How long a `carillon.v1` client that has used up its credit is waited for. */
export const ACK_TIMEOUT_MS = 60_000;

/** Events of one message of `carillon.v1`, in bytes, if they are several. */
export const MAX_EVENTS_MESSAGE_BYTES = 128 * 1024;

/** Message of a `carillon.v1` client: the longest that means something has some 70 bytes. */
export const MAX_CLIENT_MESSAGE_BYTES = 1024;

/** Events that a `carillon.v1` client may let be under way unacknowledged. */
export const MAX_CREDIT = 10_000;
