/** The limits of `namespace/`, each with its unit and its reason. */

/** Name of one namespace, in characters. */
export const MAX_NAMESPACE_CHARACTERS = 64;

/** Levels of namespaces. Looking up a namespace asks each one above it. */
export const MAX_NAMESPACE_DEPTH = 8;

/** The highest limit of a quota, of whatever unit. */
export const MAX_QUOTA = 9_999_999_999;
