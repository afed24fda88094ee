/** The limits of `http/`, each with its unit and its reason. */

/** Body of a request to the token, policy, namespace and auth APIs; the largest is a policy. */
export const MAX_API_BODY_BYTES = 512 * 1024;

/** Nesting of such a body: deeper than any member of the APIs goes. */
export const MAX_API_BODY_DEPTH = 64;

/**
 * Streams (SSE and NDJSON) that one isolate has open. Each may hold the megabyte that a hub sends before
 * it awaits an acknowledgement, and an isolate has 128.
 */
export const MAX_STREAMS = 64;

/** How long a stream lasts; its client then comes back and goes on where it was. */
export const MAX_STREAM_SECONDS = 30 * 60;

/** Silence after which a stream sends a comment or a blank line: it shows whether anybody still reads. */
export const STREAM_PING_MS = 15_000;

/**
 * How often a stream shows that it is still served. Where a place was missing meanwhile it sends a ping as
 * well, so this is how long a client that left holds the place that somebody else needs.
 */
export const STREAM_BEAT_MS = 500;

/** Time after which a stream that has not shown so has lost its place: the runtime ended its request. */
export const STREAM_LOST_MS = 5000;

/** Length of a `Carillon-Warning` header, in characters: proxies refuse heads of more than 8 KiB. */
export const MAX_WARNING_CHARACTERS = 2048;

/** Parameters of a subscription that are not read and that a `Carillon-Warning` names: others have to fit in too. */
export const MAX_NAMED_PARAMETERS = 5;

/** Event types of a publish request that are compared with Vault's for a warning. Each costs a search. */
export const MAX_NAMED_TYPES = 5;

/**
 * Frames of the events of one delivery, in characters. Rules may copy a value many times. The frames and what the hub
 * needs beside them go in one RPC of at most 32 MiB, in which a character may have two bytes.
 */
export const MAX_DELIVERY_FRAMES_CHARACTERS = 4 * 1024 * 1024;

/** How long an audited request waits for its event, in milliseconds, unless `on_overload` of the source is `block`. */
export const MAX_AUDIT_WAIT_MS = 1000;

/** Lines in the log about one delivery of audit entries. */
export const MAX_LOGGED_REASONS = 10;

/** Hubs that are asked for an event that is explained by its id: each is a call. */
export const MAX_EXPLAINED_HUBS = 200;

/** Paths of one request to `sys/capabilities`. */
export const MAX_CAPABILITY_PATHS = 100;

/** What a client is asked to wait after a 503: at least this, and at most twice as long. */
export const RETRY_AFTER_SECONDS = 2;

/** How long a request that is passed to the upstream may wait for the beginning of its answer: OpenBao takes 90 s itself. */
export const UPSTREAM_TIMEOUT_MS = 5 * 60 * 1000;

/** How long a Worker remembers that the upstream does not know a token. Standbys learn of a new one that late. */
export const UNKNOWN_TOKEN_MS = 1000;

/** Length of a token of the upstream: one of the batch kind has its policies in it. */
export const MAX_UPSTREAM_TOKEN_CHARACTERS = 8 * 1024;
