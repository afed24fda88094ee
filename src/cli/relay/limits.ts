/** The limits of `cli/relay/`, each with its unit and its reason. */
import { FRAME_HEADROOM_BYTES, MAX_PUBLISH_EVENTS, MAX_UNACKED_BYTES } from '../../wire/limits.ts';

/** The least that `carillon relay` waits before it tries again; at first up to twice as long. */
export const RELAY_MIN_BACKOFF_MS = 1000;

/** What such a wait grows to, in milliseconds: a server that comes back is found within a minute. */
export const RELAY_MAX_BACKOFF_MS = 60_000;

/** Events that a relay holds while its own side cannot take them: a deploy's worth of a busy Vault. */
export const MAX_RELAY_EVENTS = 20_000;

/** Bytes of the same. */
export const MAX_RELAY_BYTES = 64 * 1024 * 1024;

/**
 * How long a relay that is full leaves a stock subscription unread, in milliseconds. Vault lets go of a
 * subscriber after a minute without a word, so the relay closes, and says so, before.
 */
export const MAX_RELAY_STALL_MS = 30_000;

/** Message that a relay reads: twice what a `carillon.v1` server sends at most. */
export const MAX_RELAY_MESSAGE_BYTES = 2 * (MAX_UNACKED_BYTES + FRAME_HEADROOM_BYTES);

/** Events that a relay lets be under way to it: one request is filled while another is sent. */
export const RELAY_CREDIT = 2 * MAX_PUBLISH_EVENTS;
