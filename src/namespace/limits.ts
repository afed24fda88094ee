/** The limits of `namespace/`, each with its unit and its reason. */

/** Name of one namespace, in characters. */
export const MAX_NAMESPACE_CHARACTERS = 64;

/** Namespaces below each other: finding one asks each of those above. */
export const MAX_NAMESPACE_DEPTH = 8;
