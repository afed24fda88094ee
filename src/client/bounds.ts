/** The times and sizes of the client, with their units and reasons; `docs/client.md` has them as a table. */

/** An attempt to connect, from the request for the ticket to the server's first message, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 30_000;

/** A wait before the next attempt is random between 0 and this, doubled with each failure. */
export const MIN_BACKOFF_MS = 500;

/** What it is doubled up to. */
export const MAX_BACKOFF_MS = 30_000;

/** A connection that lasted as long was a good one: the next failure is a first one. */
export const STABLE_CONNECTION_MS = 10_000;

/** What a server may ask to wait before one comes back, at most: more is taken for this. */
export const MAX_SERVER_WAIT_MS = 5 * 60_000;

/** How often a connection is tried for life, where the WebSocket can ping. */
export const PING_INTERVAL_MS = 30_000;

/**
 * Silence after which a connection is replaced, at the latest, where the WebSocket cannot ping: what looks
 * like silence may be a network that vanished. It costs a ticket and a handshake, and loses nothing. Each
 * takes a random time between half of this and the whole: the last event was the last for many.
 */
export const MAX_SILENCE_MS = 5 * 60_000;

/**
 * Of its credit a program uses up this share before it acknowledges. The rest is room for what comes
 * at once; a smaller share would cost the server more messages.
 */
export const UNACKED_SHARE = 4;

/** Characters or bytes of messages that go unacknowledged: a quarter of what the server lets be under way. */
export const MAX_UNACKED_SIZE = 256 * 1024;

/** Attempts at a request that publishes, the first included. */
export const MAX_PUBLISH_ATTEMPTS = 8;

/** Characters of a server's answer that a message of an error quotes. */
export const MAX_QUOTED_CHARACTERS = 1000;
