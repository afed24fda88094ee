/** The limits of `wire/`, each with its unit and its reason. */

/** Vault's Go clients read at most 32 KiB a WebSocket message. They fail with 1009 if it is larger. */
const GO_CLIENT_READ_LIMIT_BYTES = 32 * 1024;

/** Bytes that a frame leaves free for a cursor or an envelope of a protocol above it. */
export const FRAME_HEADROOM_BYTES = 1024;

/** The largest encoded event in either encoding, including the newline of a JSON frame. */
export const MAX_FRAME_BYTES = GO_CLIENT_READ_LIMIT_BYTES - FRAME_HEADROOM_BYTES;

/** Body of one publish request: a thousand events of a kilobyte. One RPC carries it. */
export const MAX_PUBLISH_BYTES = 1024 * 1024;

/** Events of one publish request. */
export const MAX_PUBLISH_EVENTS = 1000;

/**
 * Event-type namespaces of one publish request. Each is a call to a Durable Object. On the free plan of
 * Workers an invocation can make 50 calls; a larger request fails in part there, and repeating it
 * completes it.
 */
export const MAX_PUBLISH_NAMESPACES = 100;

/** Unacknowledged bytes of several events that a `carillon.v1` client is sent. One event can be larger. */
export const MAX_UNACKED_BYTES = 1024 * 1024;

/** How long the server waits for an acknowledgement of a `carillon.v1` client that has used up its credit. */
export const ACK_TIMEOUT_MS = 60_000;

/** Bytes of several events in one message of `carillon.v1`. One event can be larger. */
export const MAX_EVENTS_MESSAGE_BYTES = 128 * 1024;

/** Message of a `carillon.v1` client. The longest valid one has about 70 bytes. */
export const MAX_CLIENT_MESSAGE_BYTES = 1024;

/** Unacknowledged events that a `carillon.v1` client can ask for. */
export const MAX_CREDIT = 10_000;

/**
 * The path of an event that is the subject of a CloudEvent, in characters. In binary mode it is a header, in which each may take
 * nine bytes, and servers read 16 KiB of headers or less. A longer path is only in the data.
 */
export const MAX_SUBJECT_CHARACTERS = 512;
