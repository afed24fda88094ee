/** The limits of `ingest/`, each with its unit and its reason. */

/** Versions of a secret in an event of an audit entry. The event has no list of more, because it must fit into a frame. */
export const MAX_AUDITED_VERSIONS = 1000;

/** Service accounts of one check-in that each get an event. If there are more, there is one event for all. */
export const MAX_AUDITED_ACCOUNTS = 100;

/** Body of a delivery to a source. Vendors send less, except for the largest deliveries of GitHub. */
export const MAX_DELIVERY_BYTES = 1024 * 1024;

/**
 * Events of one delivery. This is more than a publish request may have, because a vendor cannot be told to split a
 * delivery. SendGrid sends up to 768 KiB at once, of events of about 300 bytes.
 */
export const MAX_DELIVERY_EVENTS = 4000;

/** Fields of a form that is sent to a source. A field costs as much as a kilobyte of JSON, however short it is. */
export const MAX_FORM_FIELDS = 1000;

/** Secrets of one source. While a secret is rotated, the old and the new one are valid. */
export const MAX_SOURCE_SECRETS = 10;

/** Length of a secret of a source, in characters. */
export const MIN_SOURCE_SECRET_CHARACTERS = 8;

export const MAX_SOURCE_SECRET_CHARACTERS = 1024;

/** Length of the token with which the audited server is asked, in characters. A batch token of Vault has about 200. */
export const MAX_READ_TOKEN_CHARACTERS = 8 * 1024;

/** Length of a setting that only one kind of source has, in characters. Most are URLs. */
export const MAX_SOURCE_OPTION_CHARACTERS = 2048;

/** Length of the template for the signed bytes, in characters. */
export const MAX_TEMPLATE_CHARACTERS = 256;

/** Length of a header with signatures, in characters. */
export const MAX_SIGNATURE_CHARACTERS = 4096;

/** Signatures in such a header. A vendor that rotates its secret sends two. More are rare. */
export const MAX_SIGNATURES = 4;

/** How far the time of a signed delivery may be from now, as vendors advise. A source can set another value. */
export const DEFAULT_TOLERANCE_SECONDS = 300;

/** The largest value that a source can set. A delivery can be replayed that long; if its id is signed, it is a duplicate. */
export const MAX_TOLERANCE_SECONDS = 24 * 60 * 60;

/** Length of a rule of a source, in characters. */
export const MAX_RULE_CHARACTERS = 512;

/** Metadata names in the mapping of a source. */
export const MAX_MAPPED_NAMES = 64;

/** Kv mounts whose version is configured in a source of audit entries. */
export const MAX_MOUNTS = 1000;

/** How long after a request its audit entry may be written and still count as that of the request. Clocks differ, too. */
export const MAX_REFERENCE_AGE_SECONDS = 10 * 60;

/**
 * How old an audit entry may be so that its event is dropped because the audited server says that nothing was changed, in
 * milliseconds. Later, another request may have deleted the secret.
 */
export const MAX_JUDGED_AGE_MS = 10_000;

/** A version that was deleted so many milliseconds before the audit entry was not deleted by its request. */
export const MAX_DELETION_AGE_MS = 5000;
