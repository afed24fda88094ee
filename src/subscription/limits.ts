/** The limits of `subscription/`, each with its unit and its reason. */

/** Patterns in the `namespaces` parameters of one subscription. */
export const MAX_NAMESPACE_PATTERNS = 32;

/** Length of a lease, in characters. A client sends it in a header. */
export const MAX_LEASE_CHARACTERS = 2048;

/** Characters of one such pattern. */
export const MAX_NAMESPACE_PATTERN_CHARACTERS = 512;
