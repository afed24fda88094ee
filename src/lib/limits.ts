/** The limits of `lib/`, each with its unit and its reason. */

/** Tokens, namespaces and other look-ups that one isolate caches, of each kind. */
export const MAX_CACHED_LOOKUPS = 500;

/** Characters of one member of a log line. Any client can choose the path that a denial logs. */
export const MAX_LOGGED_CHARACTERS = 4096;

/** Lines about one kind of failure that an isolate logs within `LOGGED_FAILURES_MS`. The others are counted. */
export const MAX_LOGGED_FAILURES = 20;

export const LOGGED_FAILURES_MS = 60_000;

/** Length of a URL that the server fetches, of keys or of an upstream. */
export const MAX_PUBLIC_URL_CHARACTERS = 2048;

/** Length of a public key or certificate in PEM form. */
export const MAX_PEM_CHARACTERS = 16 * 1024;

/** Length of a field of a request, in characters, and of a claim that becomes a name, a group or metadata. */
export const MAX_FIELD_CHARACTERS = 1024;

/** Entries of a field that is a list, values of all bound claims of a role, and entries of a claim that one binds. */
export const MAX_FIELD_ENTRIES = 500;

/** Longest duration in a request: a hundred years. */
export const MAX_DURATION_SECONDS = 100 * 365 * 24 * 60 * 60;
