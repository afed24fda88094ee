/** The times and sizes of the client, each with its unit and its reason. `docs/client.md` has them as a table. */

/** How long the request for a ticket may take, and then the time until the first message of the server. */
export const CONNECT_TIMEOUT_MS = 30_000;

/** The upper bound of the first wait before another attempt. It doubles with each failure. */
export const MIN_BACKOFF_MS = 500;

/** The highest upper bound. */
export const MAX_BACKOFF_MS = 30_000;

/** After a connection that lasted this long, the next failure counts as the first one. */
export const STABLE_CONNECTION_MS = 10_000;

/** The longest wait that a server can ask for. */
export const MAX_SERVER_WAIT_MS = 5 * 60_000;

/** How often the spread doubles at most: few clients need no long waits, however long the server is down. */
export const MAX_SPREAD_DOUBLINGS = 4;

/**
 * Handshakes in a row that fail without a reason, until the client asks the server why. It asks with a request that costs as
 * much as a handshake, so a server that is overloaded would get twice the load.
 */
export const HANDSHAKES_PER_QUESTION = 3;

/**
 * How often the client pings, or sends a heartbeat if the WebSocket cannot ping: on average. Each wait is random, from
 * three to five quarters of this. A connection is dead if nothing has arrived until the next one.
 */
export const PING_INTERVAL_MS = 30_000;

/** A timer that rings later than this does not show that an answer is missing: the program may have been suspended. */
export const MAX_TIMER_DELAY_MS = 5000;

/**
 * If the WebSocket cannot ping and the server, of release 0.2.0, answers no heartbeats, the client replaces a connection
 * after this much silence, because the network may have vanished. That costs a ticket and a handshake, and loses no event. Each connection waits a random time
 * between half of this and all of it: many clients received their last event at the same time.
 */
export const MAX_SILENCE_MS = 5 * 60_000;

/**
 * The client acknowledges after 1/4 of its credit. The rest of the credit is room for bursts. A smaller share
 * would cost the server more messages.
 */
export const UNACKED_SHARE = 4;

/** Characters or bytes of messages before an acknowledgement: a quarter of what the server sends without one. */
export const MAX_UNACKED_SIZE = 256 * 1024;

/** Attempts of one publish request, including the first. */
export const MAX_PUBLISH_ATTEMPTS = 8;

/** Characters of a ticket: as many as the server reads. */
export const MAX_TICKET_CHARACTERS = 1024;

/** Bytes of the answer to a refused handshake that are read. */
export const MAX_REFUSAL_BYTES = 64 * 1024;

/** Characters of the server's response that an error message quotes. */
export const MAX_QUOTED_CHARACTERS = 1000;

/** How far the time of a webhook may be from now: what Standard Webhooks advises. */
export const WEBHOOK_TOLERANCE_SECONDS = 300;

/** The largest body of a webhook that is read: four times what a server sends together. */
export const MAX_WEBHOOK_BYTES = 4 * 1024 * 1024;

/** Signatures of a webhook that are tried with each secret. */
export const MAX_WEBHOOK_SIGNATURES = 8;
