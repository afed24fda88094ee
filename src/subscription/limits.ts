/** The limits of `subscription/`, each with its unit and its reason. */

/** Patterns in the `namespaces` parameters of one subscription. */
export const MAX_NAMESPACE_PATTERNS = 32;

/** Length of one such pattern, in characters. */
export const MAX_NAMESPACE_PATTERN_CHARACTERS = 512;
