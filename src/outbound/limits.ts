/** The limits of `outbound/`, each with its unit and its reason. */

/** How long fetching an issuer's keys may take, the discovery document and all bodies included. */
export const KEY_FETCH_TIMEOUT_MS = 5000;

/** Key set or discovery document of an issuer. */
export const MAX_KEY_SET_BYTES = 256 * 1024;

/** How long fetched keys are used: so long may one that its issuer has withdrawn still log in. */
export const MAX_KEY_SET_AGE_MS = 10 * 60 * 1000;

/** Wait before keys are fetched again because of a token that none verifies, or after a failure. */
export const KEY_REFRESH_INTERVAL_MS = 2000;

/** How long the certificate of a vendor is used: its address names the key, and another key has another address. */
export const MAX_CERTIFICATE_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Addresses of a vendor that an isolate calls for one source within `KEY_REFRESH_INTERVAL_MS`: strangers may name as
 * many certificates as they like. Of each source by itself, so that an attack on one does not stop the others.
 */
export const MAX_SOURCE_FETCHES = 10;

/**
 * Key sets that one isolate keeps at hand: a quarter of a megabyte each, at most. One more issuer in use than
 * that, and logins at all of them, by strangers too, have keys fetched each time.
 */
export const MAX_CACHED_KEY_SETS = 100;

/** How long looking up a token at the upstream may take; a hub that delivers waits for it. */
export const UPSTREAM_LOOKUP_TIMEOUT_MS = 5000;

/** Answer to such a look-up. */
export const MAX_UPSTREAM_ANSWER_BYTES = 256 * 1024;
