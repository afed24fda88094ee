/** The limits of `cli/forward/`, each with its unit and its reason. */
import { MAX_DELIVERY_BYTES } from '../../ingest/limits.ts';

/** Line of an audit device that is forwarded: with its newline, the largest request to a source. */
export const MAX_AUDIT_ENTRY_BYTES = MAX_DELIVERY_BYTES - 1;

/** Bytes of several entries in one request of the forwarder, and of one read. One entry can be larger. */
export const MAX_FORWARDED_BYTES = 256 * 1024;

/** Entries of one request. */
export const MAX_FORWARDED_ENTRIES = 500;

/** How long the forwarder waits for an answer before it retries. */
export const FORWARD_TIMEOUT_MS = 30_000;

/** How often the forwarder polls a log. An event is late by at most this. */
export const FORWARD_POLL_MS = 200;

/** The shortest time between two messages about lines that are passed over: a log may have many. */
export const FORWARD_REMARK_INTERVAL_MS = 1000;

/** Beginning of a log that identifies it: it contains the time and the id of an entry. */
export const LOG_HEAD_BYTES = 1024;

/** How far the times of files may be behind the clock. File systems round them. */
export const MAX_MTIME_ERROR_MS = 2000;

/** Memory of the entries of socket devices that wait while the server cannot be reached. */
export const MAX_FORWARD_QUEUE_BYTES = 32 * 1024 * 1024;

/** Connections of socket devices. Each may hold one line in memory. */
export const MAX_FORWARD_CONNECTIONS = 64;
