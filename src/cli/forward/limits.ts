/** The limits of `cli/forward/`, each with its unit and its reason. */
import { MAX_DELIVERY_BYTES } from '../../ingest/limits.ts';

/** Line of an audit device that is forwarded: what a request to a source may have, with its newline. */
export const MAX_AUDIT_ENTRY_BYTES = MAX_DELIVERY_BYTES - 1;

/** Bytes of one request of the forwarder, if they are of several entries; as many it reads at a time. */
export const MAX_FORWARDED_BYTES = 256 * 1024;

/** Entries of the same. */
export const MAX_FORWARDED_ENTRIES = 500;

/** How long the forwarder waits for an answer before it sends the request again. */
export const FORWARD_TIMEOUT_MS = 30_000;

/** How often it looks whether a log has more: what it adds to the time of an event, at most. */
export const FORWARD_POLL_MS = 200;

/** How often it says that it passed over a line, at most: a log may have nothing else. */
export const FORWARD_REMARK_INTERVAL_MS = 1000;

/** Beginning of a log by which it is known again: it has the time and the id of an entry. */
export const LOG_HEAD_BYTES = 1024;

/** How far the times of files may lie behind the clock: file systems count in larger steps. */
export const MAX_MTIME_ERROR_MS = 2000;

/** Entries of socket devices that wait while the server cannot be reached, in memory. */
export const MAX_FORWARD_QUEUE_BYTES = 32 * 1024 * 1024;

/** Connections of socket devices; each may hold one line. */
export const MAX_FORWARD_CONNECTIONS = 64;
