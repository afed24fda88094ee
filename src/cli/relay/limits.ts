/** The limits of `cli/relay/`, each with its unit and its reason. */
import { FRAME_HEADROOM_BYTES, MAX_PUBLISH_EVENTS, MAX_UNACKED_BYTES } from '../../wire/limits.ts';

/** The shortest wait of `carillon relay` before it retries. The first wait is at most twice as long. */
export const RELAY_MIN_BACKOFF_MS = 1000;

/** The longest such wait: the relay finds a server that is back within a minute. */
export const RELAY_MAX_BACKOFF_MS = 60_000;

/** How long the first message of a `carillon.v1` server may take. */
export const RELAY_HELLO_TIMEOUT_MS = 10_000;

/** Events, and positions without an event, that a relay holds: as many as a busy Vault has during a deploy. */
export const MAX_RELAY_ENTRIES = 20_000;

/** Bytes of the events that a relay holds. */
export const MAX_RELAY_BYTES = 64 * 1024 * 1024;

/**
 * How long a full relay leaves a stock subscription unread. Vault drops a subscriber that reads nothing for a minute,
 * silently. So the relay closes the connection before that, and says so.
 */
export const MAX_RELAY_STALL_MS = 30_000;

/** Message that a relay reads: twice the largest one of a `carillon.v1` server. */
export const MAX_RELAY_MESSAGE_BYTES = 2 * (MAX_UNACKED_BYTES + FRAME_HEADROOM_BYTES);

/** Unacknowledged events on their way to a relay: it fills one request while it sends another. */
export const RELAY_CREDIT = 2 * MAX_PUBLISH_EVENTS;
