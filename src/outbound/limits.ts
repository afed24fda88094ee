/** The limits of `outbound/`, each with its unit and its reason. */

/** How long fetching an issuer's keys may take, the discovery document and all bodies included. */
export const KEY_FETCH_TIMEOUT_MS = 5000;

/** Key set or discovery document of an issuer. */
export const MAX_KEY_SET_BYTES = 256 * 1024;

/** How long fetched keys are used. A key that its issuer has withdrawn may still log in for so long. */
export const MAX_KEY_SET_AGE_MS = 10 * 60 * 1000;

/** Wait before keys are fetched again, because none verifies a token, or because the last attempt failed. */
export const KEY_REFRESH_INTERVAL_MS = 2000;

/** How long the certificate of a vendor is used. Another key has another address. */
export const MAX_CERTIFICATE_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Requests to a vendor for one source within `KEY_REFRESH_INTERVAL_MS`, because anybody can send deliveries that name
 * certificates. Each source has its own limit, so that an attack on one does not stop the others.
 */
export const MAX_SOURCE_FETCHES = 10;

/**
 * Key sets that one isolate caches, of at most a quarter of a megabyte each. If more issuers are in use, logins may
 * fetch keys each time.
 */
export const MAX_CACHED_KEY_SETS = 100;

/** How long the look-up of a token at the upstream may take. A hub that delivers waits for it. */
export const UPSTREAM_LOOKUP_TIMEOUT_MS = 5000;

/** Response to such a look-up, and to a read of an audited server. */
export const MAX_UPSTREAM_ANSWER_BYTES = 256 * 1024;

/** How long looking up the name of a host may take, of both kinds of addresses. An operator waits for it. */
export const NAME_LOOKUP_TIMEOUT_MS = 2000;

/** Answer to such a look-up: a hundred addresses and more. */
export const MAX_NAME_ANSWER_BYTES = 16 * 1024;

/** How long the receiver of a webhook may take to agree. An operator waits for it. */
export const HANDSHAKE_TIMEOUT_MS = 5000;
