/** The limits of `ingest/`, each with its unit and its reason. */

/** Versions of a secret that an event of an audit entry lists; of more it has no list, which a frame must hold. */
export const MAX_AUDITED_VERSIONS = 1000;

/** Body of a delivery to a source: what vendors send is smaller, GitHub's largest apart. */
export const MAX_DELIVERY_BYTES = 1024 * 1024;

/**
 * Events of one delivery. More than of a publish request: a vendor cannot be asked to split what it has gathered, and
 * SendGrid gathers 768 KiB, of events that have some 300 bytes.
 */
export const MAX_DELIVERY_EVENTS = 4000;

/** Fields of a form that a source is sent: each costs as much as a kilobyte of JSON, also one of a single character. */
export const MAX_FORM_FIELDS = 1000;

/** Secrets of one source: the old and the new one, while a vendor changes over. */
export const MAX_SOURCE_SECRETS = 10;

/** Length of a secret of a source, in characters. */
export const MIN_SOURCE_SECRET_CHARACTERS = 8;

export const MAX_SOURCE_SECRET_CHARACTERS = 1024;

/** Length of a setting of a source that only its kind has, in characters: an address, most of them. */
export const MAX_SOURCE_OPTION_CHARACTERS = 2048;

/** Length of the template of what is signed, in characters. */
export const MAX_TEMPLATE_CHARACTERS = 256;

/** Length of a header with signatures, in characters. */
export const MAX_SIGNATURE_CHARACTERS = 4096;

/** Signatures in such a header: as a vendor sends them that changes its secrets, and more than two are rare. */
export const MAX_SIGNATURES = 4;

/** How far the time of a signed delivery may be from now where the source does not say: as vendors advise. */
export const DEFAULT_TOLERANCE_SECONDS = 300;

/** The same where it does: until then a delivery can be replayed, and is a duplicate if its id is signed. */
export const MAX_TOLERANCE_SECONDS = 24 * 60 * 60;

/** Length of a rule of a source, in characters. */
export const MAX_RULE_CHARACTERS = 512;

/** Names that the mapping of a source gives to metadata. */
export const MAX_MAPPED_NAMES = 64;

/** Mounts whose version a source for audit entries tells. */
export const MAX_MOUNTS = 1000;
