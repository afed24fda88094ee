/** The limits of `subscription/`, each with its unit and its reason. */

/** Patterns in the `namespaces` parameters of one subscription. */
export const MAX_NAMESPACE_PATTERNS = 32;

/** Length of a lease, in characters. A client sends it in a header. */
export const MAX_LEASE_CHARACTERS = 2048;

/** Characters of one such pattern. */
export const MAX_NAMESPACE_PATTERN_CHARACTERS = 512;

/** Event types with their namespaces that a replica of a hub asks for. With more, it asks for everything. */
export const MAX_INTERESTS = 100;

/** Characters of these, as JSON. A hub stores them for each region. */
export const MAX_INTEREST_CHARACTERS = 32_768;
